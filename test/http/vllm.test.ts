import OpenAI from "openai"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Classifier, createClassifier } from "../../src/classifier/classifier.ts"
import { plainClassifier } from "../classifier/plain-classifier.ts"
import { TestFleet } from "../queue/test-fleet.ts"
import { postJson, startTestServer, type TestServer } from "./test-server.ts"

let classifier: Classifier
let server: TestServer
beforeAll(async () => {
  classifier = await createClassifier({ device: "cpu:1" })
  server = await startTestServer({ labeller: classifier, options: { maxTexts: 3 } })
})
afterAll(() => server.close())

const classify = (body: unknown) => postJson(`${server.url}/classify`, body)
const long = "very ".repeat(1000)

describe("POST /classify", () => {
  it("one text, or many - label and probabilities in the order of the model's labels", async () => {
    const { status, body } = await classify({ model: "sentiment-small", input: ["I love it", "Awful"], user: "me" })
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        id: expect.stringMatching(/^classify-[\da-f-]{36}$/),
        object: "list",
        created: expect.closeTo(Date.now() / 1000, -3),
        model: "sentiment-small",
        data: [
          { index: 0, label: "POSITIVE", probs: [expect.closeTo(0.01, 1), expect.closeTo(0.99, 1)], num_classes: 2 },
          { index: 1, label: "NEGATIVE", probs: [expect.closeTo(0.99, 1), expect.closeTo(0.01, 1)], num_classes: 2 },
        ],
        usage: { prompt_tokens: 8, total_tokens: 8, completion_tokens: 0, prompt_tokens_details: null },
      },
    })
    expect((await classify({ input: "I love it" })).body).toMatchObject({ data: [{ label: "POSITIVE" }] })
  })

  it("a blank text - 400, as for an empty prompt, and none is labelled", async () => {
    const { texts } = classifier.stats
    const { status, body } = await classify({ input: ["good", " "] })
    expect({ status, body }).toMatchObject({ status: 400, body: { error: { type: "BadRequestError", code: 400 } } })
    expect((body as { error: { message: string } }).error.message).toMatch(/only white space, text 2 of 2$/)
    expect(classifier.stats.texts).toBe(texts)
  })

  it("use_activation: false - logits", async () => {
    const { body } = await classify({ input: "I love it", use_activation: false })
    const [negative, positive] = (body as { data: { probs: number[] }[] }).data[0]?.probs ?? []
    expect(negative).toBeLessThan(0)
    expect(positive).toBeGreaterThan(1)
  })

  it.each(["activation", "softmax"])("%s, the older name of use_activation - logits", async name => {
    const { body } = await classify({ input: "I love it", [name]: false })
    expect((body as { data: { probs: number[] }[] }).data[0]?.probs[1]).toBeGreaterThan(1)
    const { status, body: contradiction } = await classify({ input: "I", [name]: false, use_activation: true })
    expect({ status, contradiction }).toMatchObject({
      status: 400,
      contradiction: { error: { message: expect.stringContaining("contradict each other") } },
    })
  })

  it("request_id - part of the id", async () => {
    expect((await classify({ input: "I", request_id: "r-1" })).body).toMatchObject({ id: "classify-r-1" })
  })

  it.each([
    ["truncation_side", "left", "must be one of right"],
    ["add_special_tokens", false, "must be true: they are always added"],
    ["priority", 1, "must be equal to constant"],
    ["temperature", 0, "is not known"],
    ["messages", [], "is not known"],
  ])("%s: %j - 400, by its name", async (name, value, rule) => {
    const { status, body } = await classify({ input: "I love it", [name]: value })
    expect({ status, body }).toMatchObject({
      status: 400,
      body: { error: { param: name, message: `/body/${name} ${rule}` } },
    })
  })

  it("POST /v1/classify - the same", async () => {
    const { status, body } = await postJson(`${server.url}/v1/classify`, { input: "I love it" })
    expect({ status, body }).toMatchObject({ status: 200, body: { data: [{ label: "POSITIVE" }] } })
  })

  it("a text that is too long - 400 before any is labelled, unless it may be truncated", async () => {
    const { texts } = classifier.stats
    const rule = "text must have at most 512 tokens (maxLength) where truncate_prompt_tokens is not given; got 1002"
    const refusal = (message: string) => ({
      status: 400,
      body: { error: { message, type: "BadRequestError", param: null, code: 400 } },
    })
    expect(await classify({ input: long })).toMatchObject(refusal(rule))
    expect(await classify({ input: ["short", long, "short"] })).toMatchObject(refusal(`${rule}, text 2 of 3`))
    expect(classifier.stats.texts).toBe(texts)
    expect((await classify({ input: ["short", "short"] })).status).toBe(200)
    expect(classifier.stats.texts).toBe(texts + 2)
    expect((await classify({ input: long, truncate_prompt_tokens: -1 })).body).toMatchObject({
      usage: { prompt_tokens: 512 },
    })
    expect((await classify({ input: long, truncate_prompt_tokens: 16 })).body).toMatchObject({
      usage: { prompt_tokens: 16 },
    })
  })

  it("a text that is too long, of a fleet - 400, and it is not run", async () => {
    const rows: string[] = []
    await using fleet = await TestFleet.open()
    await fleet.worker({ labeller: await plainClassifier({ onBatch: batch => void rows.push(...batch) }) })
    const producer = await fleet.producer()
    await using front = await startTestServer({ labeller: producer })
    expect(await postJson(`${front.url}/classify`, { input: ["-", "+".repeat(600)] })).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining("got 602, text 2 of 2") } },
    })
    expect(rows.filter(row => row.includes("+"))).toEqual([])
  })

  it("a lexicon - its labels", async () => {
    expect((await classify({ input: "good", model: "mvp" })).body).toMatchObject({
      model: "mvp",
      data: [{ label: "POSITIVE", probs: [0, 0, 1], num_classes: 3 }],
    })
  })

  it.each([
    [{}, 400, "BadRequestError", "input", "/body/input must have required property 'input'"],
    [{ input: [1] }, 400, "BadRequestError", "input/0", "/body/input/0 must be string"],
    [{ input: "a", model: "gpt" }, 404, "NotFoundError", null, 'model must be one of sentiment-small, mvp; got "gpt"'],
    [
      { input: "a", truncate_prompt_tokens: 513 },
      400,
      "BadRequestError",
      null,
      "maxLength must be a whole number of tokens, 2 to 512 for sentiment-small; got 513",
    ],
    [{ input: ["a", "b", "c", "d"] }, 413, "Payload Too Large", null, "a request must have at most 3 texts; got 4"],
  ])("%j - %i %s: %s", async (sent, status, type, param, message) => {
    expect(await classify(sent)).toMatchObject({ status, body: { error: { message, type, param, code: status } } })
  })
})

describe("GET /v1/models", () => {
  it("what clients of vLLM and OpenAI ask first - the ids, which requests may name", async () => {
    const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "none" })
    const models = await client.models.list()
    const expected = { object: "model", created: expect.any(Number), owned_by: "valence" }
    expect(models.data).toEqual(["sentiment-small", "mvp"].map(id => ({ id, ...expected })))
    expect(await client.models.retrieve("mvp")).toMatchObject({ id: "mvp", ...expected })
    await expect(client.models.retrieve("owner/none")).rejects.toMatchObject({ status: 404 })
  })
})

describe("openai", () => {
  it(".post('/classify') - answers, and an error that it understands", async () => {
    const client = new OpenAI({ baseURL: server.url, apiKey: "none" })
    const answer = await client.post("/classify", { body: { input: "I love it" } })
    expect(answer).toMatchObject({ object: "list", data: [{ label: "POSITIVE" }] })
    await expect(client.post("/classify", { body: { input: "a", model: "gpt" } })).rejects.toMatchObject({
      status: 404,
      type: "NotFoundError",
    })
  })
})
