import { once } from "node:events"
import { connect } from "node:net"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { ValenceError } from "../../src/errors.ts"
import type { LabelledText, Labeller, LabelOptions } from "../../src/labeller.ts"
import { plainClassifier } from "../classifier/plain-classifier.ts"
import { eventually } from "../queue/test-fleet.ts"
import { postJson, startTestServer, type TestServer } from "./test-server.ts"

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ options: { maxTexts: 3, maxBodyBytes: 2000 } })
})
afterAll(() => server.close())

const label = (body: unknown) => postJson(`${server.url}/v1/label`, body)
const good = { label: "POSITIVE", score: 3, tokens: 1, truncated: false, windows: 1, words: ["good"] }

/** A labeller that holds its calls until it is told. */
function heldLabeller(): Labeller & { readonly calls: LabelOptions[]; answer(results: LabelledText[]): void } {
  const calls: LabelOptions[] = []
  let answer: (results: LabelledText[]) => void = () => {}
  return {
    model: { name: "held", revision: "1", dtype: "fp32", labels: ["A"], maxLength: 8 },
    calls,
    answer: results => answer(results),
    label(texts, options = {}) {
      if (texts[0] === "Good morning") return Promise.resolve([good])
      calls.push(options)
      return new Promise((resolve, reject) => {
        answer = resolve
        options.signal?.addEventListener("abort", () => reject(new ValenceError("aborted", "dropped")))
      })
    },
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
  }
}

describe("POST /v1/label", () => {
  it("one text, or many - their results, in order, and the model", async () => {
    const model = { name: "afinn-111", revision: expect.any(String), dtype: "lexicon" }
    expect(await label({ text: "good" })).toMatchObject({ status: 200, body: { model, results: [good] } })
    const { status, body, headers } = await label({ texts: ["good", "bad", "table"] })
    expect(status).toBe(200)
    const labels = (body as { results: { label: string }[] }).results.map(({ label }) => label)
    expect(labels).toEqual(["POSITIVE", "NEGATIVE", "NEUTRAL"])
    expect(headers.get("server-timing")).toMatch(/total;dur=[\d.]+/)
    expect(headers.get("x-request-id")).toMatch(/^[\da-f-]{36}$/)
  })

  it("labels - handed on to the labeller, which refuses them by name", async () => {
    expect(await label({ text: "good", labels: ["NEGATIVE", "POSITIVE"] })).toMatchObject({
      status: 400,
      body: { code: "option_invalid", detail: expect.stringMatching(/^labels must be left out for a lexicon/) },
    })
    expect(await label({ text: "good", labels: ["POSITIVE"] })).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining("/body/labels") },
    })
  })

  it("a blank text - 422 if it is the only one, its own error among others, or labelled if asked", async () => {
    const error = { code: "text_empty", message: expect.stringContaining("visible character") }
    expect(await label({ text: " \n" })).toMatchObject({ status: 422, body: { code: "text_empty" } })
    expect(await label({ texts: ["", "good", "\u200b"] })).toMatchObject({
      status: 200,
      body: { results: [{ error }, good, { error }] },
    })
    expect(await label({ text: "", empty: "label" })).toMatchObject({
      status: 200,
      body: { results: [{ label: "NEUTRAL" }] },
    })
  })

  it("a text that is too long, longText error - 422 where it is the only one, its own error among others", async () => {
    const options = { maxLength: 2, longText: "error" }
    const detail = "text must have at most 2 words (maxLength) where longText is error; got 3"
    const code = "text_too_long"
    expect(await label({ text: "not so good", ...options })).toMatchObject({ status: 422, body: { code, detail } })
    expect(await label({ texts: ["not so good", "good"], ...options })).toMatchObject({
      status: 200,
      body: { results: [{ error: { code, message: detail } }, good] },
    })
  })

  it("longText windows - all of the text, and how many windows it took", async () => {
    await using server = await startTestServer({ labeller: await plainClassifier(), others: [] })
    const body = { text: "+".repeat(1000), longText: "windows", stride: 8, pooling: "max" }
    expect(await postJson(`${server.url}/v1/label`, body)).toMatchObject({
      status: 200,
      body: { results: [{ label: "PLUS", tokens: 1002, truncated: false, windows: 2 }] },
    })
  })

  it.each(["/v1/label", "/v1/explain", "/v1/jobs"])(
    "%s with a parameter in the query - refused by its name",
    async path => {
      const answer = await postJson(`${server.url}${path}?model=mvp`, { text: "good" })
      expect(answer).toMatchObject({ status: 400, body: { detail: "/querystring/model is not known" } })
    },
  )

  it("a model that is named - labels", async () => {
    expect(await label({ text: "good", model: "mvp" })).toMatchObject({ status: 200, body: { model: { name: "mvp" } } })
  })

  it.each([
    [{}, 400, "/body must have text or texts; it has neither"],
    [{ text: "a", texts: ["b"] }, 400, "/body must have text or texts; it has both"],
    [{ text: 5 }, 400, "/body/text must be string"],
    [{ texts: ["a", null] }, 400, "/body/texts/1 must be string"],
    [{ texts: [] }, 400, "/body/texts must NOT have fewer than 1 items"],
    [{ text: "a", topk: 1 }, 400, "/body/topk is not known"],
    [{ text: "a", topK: 0 }, 400, "/body/topK must be >= 1"],
    [{ text: "a", topK: "2" }, 400, '/body/topK must be a whole number of labels, 1 or more, or "all"'],
    [{ text: "a", longText: "cut" }, 400, "/body/longText must be one of truncate, windows, error"],
    [{ text: "a", stride: -1 }, 400, "/body/stride must be >= 0"],
    [{ text: "a", pooling: "sum" }, 400, "/body/pooling must be one of weighted, mean, max"],
    [{ text: "a", lane: "fast" }, 400, "/body/lane must be one of interactive, bulk"],
    [{ text: "a", model: "none" }, 404, 'model must be one of afinn-111, mvp; got "none"'],
    [{ texts: ["a", "b", "c", "d"] }, 413, "a request must have at most 3 texts; got 4"],
    [{ text: "a".repeat(3000) }, 413, "Request body is too large"],
    ['{"text":', 400, "Body is not valid JSON but content-type is set to 'application/json'"],
    ["[]", 400, "/body must be object"],
  ])("%j - %i: %s", async (sent, status, detail) => {
    const answer = await label(sent)
    expect(answer.headers.get("content-type")).toContain("application/problem+json")
    expect(answer).toMatchObject({ status, body: { status, detail, requestId: answer.headers.get("x-request-id") } })
  })

  it.each(["text/csv", "text/plain", "application/x-www-form-urlencoded"])("%s - 415, naming the rule", async type => {
    expect(await postJson(`${server.url}/v1/label`, "text", { "content-type": type })).toMatchObject({
      status: 415,
      body: { code: "media_type_unsupported", detail: `Content-Type must be application/json; got ${type}` },
    })
    expect((await postJson(`${server.url}/v2/label`, "text", { "content-type": type })).status).toBe(404)
  })

  it("a path that is not there - 404", async () => {
    expect(await postJson(`${server.url}/v2/label?x=1`, {})).toMatchObject({
      status: 404,
      body: { detail: "no route has the path /v2/label; /docs lists them" },
    })
  })

  it("a text that cannot be labelled - 422 alone, its own error among others", async () => {
    const labeller = heldLabeller()
    const failed = { error: { code: "text_failed", message: "text failed on its own as well" } }
    await using server = await startTestServer({ labeller })
    for (const [sent, expected] of [
      [{ text: "poison" }, { status: 422, body: { code: "text_failed", detail: failed.error.message } }],
      [{ texts: ["poison", "good"] }, { status: 200, body: { results: [failed, good] } }],
    ] as const) {
      const answer = postJson(`${server.url}/v1/label`, sent)
      await eventually(() => labeller.calls.length > 0)
      labeller.calls.pop()
      labeller.answer([failed, good])
      expect(await answer).toMatchObject(expected)
    }
  })

  it("the client goes - its texts are dropped", async () => {
    const labeller = heldLabeller()
    await using server = await startTestServer({ labeller })
    const { port } = new URL(server.url)
    const client = connect(Number(port), "127.0.0.1")
    await once(client, "connect")
    const body = '{"text":"a"}'
    client.write(
      `POST /v1/label HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    )
    await eventually(() => labeller.calls.length > 0)
    client.destroy()
    await eventually(() => labeller.calls[0]?.signal?.aborted === true)
  })

  it("an answer takes too long - 504", async () => {
    await using server = await startTestServer({ labeller: heldLabeller(), options: { answerTimeoutMs: 50 } })
    expect(await postJson(`${server.url}/v1/label`, { text: "a" })).toMatchObject({
      status: 504,
      body: { code: "timeout", detail: "the answer took longer than 50 ms" },
    })
  })

  it("a body arrives too slowly - 408", async () => {
    await using server = await startTestServer({ options: { bodyTimeoutMs: 50 } })
    const { port } = new URL(server.url)
    const client = connect(Number(port), "127.0.0.1")
    client.write(
      'POST /v1/label HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{"te',
    )
    let said = ""
    client.on("data", data => {
      said += String(data)
    })
    await once(client, "close")
    expect(said).toMatch(/^HTTP\/1.1 408 Request Timeout\r\n/)
    expect(said).toContain("the body took longer than 50 ms to arrive")
  })
})

describe("GET /v1/models", () => {
  it("lists what a request may name", async () => {
    const list = await (await fetch(`${server.url}/v1/models`)).json()
    expect(list).toMatchObject({
      default: "afinn-111",
      models: [{ name: "afinn-111", maxLength: null }, { name: "mvp" }],
    })
    expect(await (await fetch(`${server.url}/v1/model`)).json()).toMatchObject({ name: "afinn-111" })
  })
})
