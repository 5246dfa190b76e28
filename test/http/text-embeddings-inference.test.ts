import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Classifier, createClassifier } from "../../src/classifier/classifier.ts"
import { ValenceError } from "../../src/errors.ts"
import { plainLabeller } from "../corpus/plain-labeller.ts"
import { postJson, startTestServer, type TestServer } from "./test-server.ts"

let classifier: Classifier
let server: TestServer
beforeAll(async () => {
  classifier = await createClassifier({ device: "cpu:1" })
  server = await startTestServer({ labeller: classifier, options: { maxTexts: 3, maxBodyBytes: 20_000 } })
})
afterAll(() => server.close())

const predict = (body: unknown, of = server) => postJson(`${of.url}/predict`, body)
const loved = [
  { label: "POSITIVE", score: expect.closeTo(0.99, 1) },
  { label: "NEGATIVE", score: expect.closeTo(0.01, 1) },
]
const long = "very ".repeat(1000)

describe("POST /predict", () => {
  it("a string - its predictions, best first", async () => {
    const { status, body } = await predict({ inputs: "I love it" })
    expect({ status, body }).toEqual({ status: 200, body: loved })
    expect((await predict({ inputs: ["I love it"] })).body).toEqual(loved)
  })

  it("a batch - a list each", async () => {
    const { body } = await predict({ inputs: [["I love it"], ["Awful"]], truncation_direction: "Right" })
    expect(body).toEqual([loved, [expect.objectContaining({ label: "NEGATIVE" }), expect.anything()]])
    expect((await predict({ inputs: [["I love it"]] })).body).toEqual([loved])
  })

  it("a blank text - 400 Empty", async () => {
    const error = expect.stringContaining("visible character")
    expect(await predict({ inputs: "" })).toMatchObject({ status: 400, body: { error, error_type: "Empty" } })
    expect(await predict({ inputs: [["I love it"], ["\t"]] })).toMatchObject({ status: 400 })
  })

  it("raw_scores - logits", async () => {
    const { body } = await predict({ inputs: "I love it", raw_scores: true })
    const [positive, negative] = (body as { score: number }[]).map(({ score }) => score)
    expect(positive).toBeGreaterThan(1)
    expect(negative).toBeLessThan(0)
  })

  it("a text that is too long - is truncated; with truncate: false 413, Validation, before any is labelled", async () => {
    expect((await predict({ inputs: long, truncate: true })).status).toBe(200)
    expect((await predict({ inputs: long, truncate: null })).status).toBe(200)
    const { texts } = classifier.stats
    const error = "text must have at most 512 tokens (maxLength) where truncate is false; got 1002, text 2 of 2"
    expect(await predict({ inputs: [["short"], [long]], truncate: false })).toMatchObject({
      status: 413,
      body: { error, error_type: "Validation" },
    })
    expect(classifier.stats.texts).toBe(texts)
    expect((await predict({ inputs: [["short"], ["short"]], truncate: false })).status).toBe(200)
  })

  const pairs = "`inputs` must be a string, or a batch of lists of one string: [[string], [string], ...]"
  const pairRefused = `${pairs}; got a pair of strings, and no model here takes pairs`
  const bare = "`inputs` must be a string, or a batch: [[string], [string], ...]; it has bare strings"
  it.each([
    [{ inputs: ["a", "b"] }, 422, pairRefused],
    [{ inputs: [["a"], ["b", "c"]] }, 422, pairRefused],
    [{ inputs: ["a", "b", "c"] }, 422, bare],
    [{ inputs: [["a"], "b"] }, 422, bare],
    [{ inputs: [] }, 422, "/body/inputs must NOT have fewer than 1 items"],
    [{ inputs: [["a", "b", "c"]] }, 422, "/body/inputs/0 must NOT have more than 2 items"],
    [{ inputs: "a", truncation_direction: "Left" }, 422, '/body/truncation_direction must match pattern "^[Rr]ight$"'],
    [{}, 422, "/body/inputs must have required property 'inputs'"],
    ['{"inputs":', 400, "Body is not valid JSON but content-type is set to 'application/json'"],
    [{ inputs: [["a"], ["b"], ["c"], ["d"]] }, 413, "a request must have at most 3 texts; got 4"],
    [{ inputs: "a".repeat(30_000) }, 413, "Request body is too large"],
  ])("%j - %i: %s", async (sent, status, error) => {
    expect(await predict(sent)).toMatchObject({ status, body: { error, error_type: "Validation" } })
  })

  it.each([
    ["overloaded", 429, "Overloaded"],
    ["queue_full", 429, "Overloaded"],
    ["device_failed", 424, "Backend"],
    ["timeout", 424, "Backend"],
    ["no_worker", 503, "Unhealthy"],
    ["text_invalid", 422, "Tokenizer"],
  ] as const)("%s - %i, %s", async (code, status, type) => {
    const fail = ([first]: readonly string[]) => {
      if (first !== "Good morning") throw new ValenceError(code, "because")
    }
    await using failing = await startTestServer({ labeller: plainLabeller(fail) })
    const answer = await predict({ inputs: "a" }, failing)
    expect(answer).toMatchObject({ status, body: { error: "because", error_type: type } })
    expect(answer.headers.has("retry-after")).toBe(status === 429 || status === 503)
  })
})

describe("GET /info", () => {
  it("tells what is served", async () => {
    expect(await (await fetch(`${server.url}/info`)).json()).toMatchObject({
      model_id: "sentiment-small",
      model_sha: expect.any(String),
      model_dtype: "int8",
      model_type: {
        classifier: { id2label: { 0: "NEGATIVE", 1: "POSITIVE" }, label2id: { NEGATIVE: 0, POSITIVE: 1 } },
      },
      max_input_length: 512,
      max_client_batch_size: 3,
      auto_truncate: true,
    })
  })
})

describe("GET /health", () => {
  it("200; 503 where it labels nothing any more", async () => {
    await using server = await startTestServer()
    expect((await fetch(`${server.url}/health`)).status).toBe(200)
    server.events.emit("devicesLost", {} as never)
    const answer = await fetch(`${server.url}/health`)
    expect(answer.status).toBe(503)
    expect(await answer.json()).toEqual({ error: "unhealthy", error_type: "Unhealthy" })
  })
})
