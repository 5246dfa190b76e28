import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { plainClassifier } from "../classifier/plain-classifier.ts"
import { plainLabeller } from "../corpus/plain-labeller.ts"
import { postJson, startTestServer, type TestServer } from "./test-server.ts"

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

const explain = (body: unknown, { url } = server) => postJson(`${url}/v1/explain`, body)

describe("POST /v1/explain", () => {
  it("a lexicon - each word's place, and how much the label loses without it", async () => {
    const text = "A superb film, not good"
    expect(await explain({ text })).toMatchObject({
      status: 200,
      body: {
        model: { name: "afinn-111" },
        label: "POSITIVE",
        score: 1.5,
        tokens: 5,
        truncated: false,
        windows: 1,
        words: [
          { word: "A", start: 0, end: 1, weight: 0 },
          { word: "superb", start: 2, end: 8, weight: 5 },
          { word: "film", start: 9, end: 13, weight: 0 },
          { word: "not", start: 15, end: 18, weight: -5 },
          { word: "good", start: 19, end: 23, weight: -2 },
        ],
      },
    })
  })

  it("any model - one call, with the text first", async () => {
    const calls: (readonly string[])[] = []
    const labeller = plainLabeller((texts, { topK }) => {
      if (topK !== undefined) calls.push(texts)
    })
    await using server = await startTestServer({ labeller, others: [] })
    const answer = await explain({ text: "very good" }, server)
    expect(calls).toEqual([["very good", " good", "very "]])
    // As plain-labeller has it: 9 characters, 5 and 5 of them.
    const weight = expect.closeTo(0.59 - 0.55)
    expect(answer).toMatchObject({ body: { label: "NEGATIVE", words: [{ weight }, { weight }] } })
  })

  it("a text in windows - each word counts, wherever it stands", async () => {
    await using server = await startTestServer({ labeller: await plainClassifier(), others: [] })
    const text = `a${" .".repeat(300)} b`
    const answer = await explain({ text, maxLength: 64, longText: "windows", scoreFunction: "none" }, server)
    expect(answer).toMatchObject({ status: 200, body: { truncated: false, tokens: 605, windows: 12 } })
    const { words } = answer.body as { words: { word: string; weight: number }[] }
    expect(words.map(({ word }) => word)).toEqual(["a", "b"])
    expect(words.every(({ weight }) => weight !== 0)).toBe(true)
  })

  it("no word - the label alone", async () => {
    expect(await explain({ text: " " })).toMatchObject({ status: 422, body: { code: "text_empty" } })
    expect(await explain({ text: "good" })).toMatchObject({ status: 200, body: { words: [{ word: "good" }] } })
    expect(await explain({ text: "?!" })).toMatchObject({ status: 200, body: { label: "NEUTRAL", words: [] } })
  })

  it("200 words - are enough", async () => {
    expect(await explain({ text: "good ".repeat(200) })).toMatchObject({ status: 200 })
  })

  it.each([
    [{ text: "a ".repeat(201) }, 422, "a text to explain must have at most 200 words; it has 201"],
    [{ text: "a".repeat(10_001) }, 422, "a text to explain must have at most 10000 characters; it has 10001"],
    [{}, 400, "/body/text must have required property 'text'"],
    [{ text: "a", topK: 1 }, 400, "/body/topK is not known"],
    [{ text: "a", model: "none" }, 404, 'model must be one of afinn-111, mvp; got "none"'],
    [{ text: "a", scoreFunction: "softmax" }, 400, /^scoreFunction must be none for a lexicon/],
  ])("%j - %i", async (sent, status, detail) => {
    const matching = typeof detail === "string" ? detail : expect.stringMatching(detail)
    expect(await explain(sent)).toMatchObject({ status, body: { status, detail: matching } })
  })

  it("a server that takes few texts - explains few words", async () => {
    await using server = await startTestServer({ options: { maxTexts: 3 } })
    const detail = "a text to explain must have at most 2 words; it has 3"
    expect(await explain({ text: "a b c" }, server)).toMatchObject({ status: 422, body: { detail } })
  })

  it("a text that cannot be labelled - 422", async () => {
    await using server = await startTestServer({ labeller: plainLabeller(), others: [] })
    expect(await explain({ text: "FAIL" }, server)).toMatchObject({ status: 422, body: { code: "text_failed" } })
  })
})
