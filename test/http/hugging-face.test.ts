import { InferenceClient, InferenceClientProviderApiError } from "@huggingface/inference"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createClassifier } from "../../src/classifier/classifier.ts"
import { plainLabeller } from "../corpus/plain-labeller.ts"
import { TestFleet } from "../queue/test-fleet.ts"
import { findPythonClients, runPython } from "./python-clients.ts"
import { postJson, startTestServer, type TestServer } from "./test-server.ts"

const python = findPythonClients()
const sst2 = "distilbert/distilbert-base-uncased-finetuned-sst-2-english"

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ labeller: await createClassifier({ device: "cpu:1" }) })
})
afterAll(() => server.close())

const loved = [
  { label: "POSITIVE", score: expect.closeTo(0.99, 1) },
  { label: "NEGATIVE", score: expect.closeTo(0.01, 1) },
]

describe("@huggingface/inference", () => {
  const client = (path = "") => new InferenceClient().endpoint(`${server.url}${path}`)

  it(".textClassification() - all labels, best first", async () => {
    expect(await client().textClassification({ inputs: "I love it" })).toEqual(loved)
  })

  it("its top_k and function_to_apply - count", async () => {
    const [best, ...others] = await client("/models/sentiment-small").textClassification({
      inputs: "I love it",
      parameters: { top_k: 1, function_to_apply: "none" },
    })
    expect(others).toEqual([])
    expect(best).toEqual({ label: "POSITIVE", score: expect.any(Number) })
    expect(best?.score).toBeGreaterThan(1)
  })

  it("a blank text - 422 with an error", async () => {
    const { status, body } = await postJson(server.url, { inputs: ["I love it", ""] })
    expect({ status, body }).toEqual({
      status: 422,
      body: { error: expect.stringMatching(/white space, text 2 of 2$/) },
    })
  })

  it("a model that is not served - its error has the answer", async () => {
    const asked = client(`/models/${sst2}`).textClassification({ inputs: "I love it" })
    await expect(asked).rejects.toBeInstanceOf(InferenceClientProviderApiError)
    await expect(asked).rejects.toMatchObject({
      httpResponse: { status: 404, body: { error: `model must be one of sentiment-small, mvp; got "${sst2}"` } },
    })
  })

  it("an API key - its access token", async () => {
    process.env["VALENCE_API_KEYS"] = "test:hf_0123456789abcdef"
    await using guarded = await startTestServer()
    delete process.env["VALENCE_API_KEYS"]
    const ask = (token?: string) =>
      new InferenceClient(token).endpoint(guarded.url).textClassification({ inputs: "good" })
    await expect(ask("hf_0123456789abcdef")).resolves.toMatchObject([{ label: "POSITIVE" }, {}, {}])
    await expect(ask()).rejects.toMatchObject({ httpResponse: { status: 401, body: { error: expect.any(String) } } })
  })

  it("in front of a fleet - the workers' labels", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker({ labeller: plainLabeller() })
    const producer = await fleet.producer()
    await using server = await startTestServer({ labeller: producer })
    const labels = await new InferenceClient().endpoint(server.url).textClassification({ inputs: "ab" })
    expect(labels).toEqual([
      { label: "POSITIVE", score: 0.52 },
      { label: "NEGATIVE", score: 0.48 },
    ])
  })
})

describe.skipIf(python === undefined)("huggingface_hub", () => {
  it(".text_classification() - labels; of a model that is not served, its error", async () => {
    const script = `
import json, sys
from huggingface_hub import InferenceClient
from huggingface_hub.errors import HfHubHTTPError
url, missing = sys.argv[1:]
both = InferenceClient(url).text_classification("I love it")
best = InferenceClient(base_url=url + "/models/sentiment-small").text_classification("I love it", top_k=1)
try:
    InferenceClient(url + "/models/" + missing).text_classification("I love it")
except HfHubHTTPError as error:
    failed = [error.response.status_code, error.response.json()["error"]]
print(json.dumps([[[x.label, x.score] for x in both], len(best), failed]))`
    const [both, best, failed] = (await runPython(python as string, script, server.url, sst2)) as unknown[]
    expect(both).toEqual(loved.map(({ label, score }) => [label, score]))
    expect(best).toBe(1)
    expect(failed).toEqual([404, `model must be one of sentiment-small, mvp; got "${sst2}"`])
  })
})

describe("POST /", () => {
  it("many texts - a list each", async () => {
    const { status, headers, body } = await postJson(server.url, {
      inputs: ["I love it", "Awful"],
      options: { wait_for_model: true },
    })
    expect(status).toBe(200)
    expect(headers.get("server-timing")).toContain("inference;dur=")
    expect(body).toEqual([loved, [expect.objectContaining({ label: "NEGATIVE" }), expect.anything()]])
  })

  it.each([
    [{}, 400, "/body/inputs must have required property 'inputs'"],
    [{ inputs: 5 }, 400, "/body/inputs must be string,object,array"],
    [{ inputs: [] }, 400, "/body/inputs must NOT have fewer than 1 items"],
    [{ inputs: "a", parameters: { top_k: 0 } }, 400, "/body/parameters/top_k must be >= 1"],
    [{ inputs: "a", parameters: { topk: 1 } }, 400, "/body/parameters/topk is not known"],
    ['{"inputs":', 400, "Body is not valid JSON but content-type is set to 'application/json'"],
  ])("%j - %i: %s", async (sent, status, error) => {
    expect(await postJson(server.url, sent)).toMatchObject({ status, body: { error } })
  })

  it("a text as the pipeline's dictionary - its label", async () => {
    expect((await postJson(server.url, { inputs: { text: "I love it" } })).body).toEqual([loved])
    expect((await postJson(server.url, { inputs: [{ text: "I love it" }, "I love it"] })).body).toEqual([loved, loved])
    const pair = await postJson(server.url, { inputs: { text: "a", text_pair: "b" } })
    expect(pair).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining("/body/inputs/text_pair is not known") },
    })
  })

  it.each([
    [{ return_all_scores: true }, 2],
    [{ return_all_scores: false }, 1],
    [{ top_k: null, truncation: true, padding: "max_length", max_length: 512 }, 2],
  ])("parameters %j - %i labels", async (parameters, labels) => {
    const { status, body } = await postJson(server.url, { inputs: "I love it", parameters })
    expect({ status, labels: (body as unknown[][])[0]?.length }).toEqual({ status: 200, labels })
  })

  it("max_length, truncation - the beginning of a long text is labelled, or it is refused", async () => {
    const inputs = `awful ${"good ".repeat(600)}`
    const first = (await postJson(server.url, { inputs, parameters: { truncation: true, max_length: 3 } })).body
    expect(first).toMatchObject([[{ label: "NEGATIVE" }, {}]])
    for (const truncation of [false, "do_not_truncate"])
      expect(await postJson(server.url, { inputs, parameters: { truncation } })).toMatchObject({
        status: 400,
        body: { error: expect.stringContaining("truncation is false") },
      })
  })

  it("top_k and return_all_scores that contradict each other - 400", async () => {
    const sent = { inputs: "a", parameters: { top_k: 1, return_all_scores: true } }
    expect(await postJson(server.url, sent)).toMatchObject({ status: 400 })
  })

  it("softmax for a lexicon - 400", async () => {
    const sent = { inputs: "a", parameters: { function_to_apply: "softmax" } }
    const error = 'scoreFunction must be none for a lexicon, which has no logits; got "softmax"'
    expect(await postJson(`${server.url}/models/mvp`, sent)).toMatchObject({ status: 400, body: { error } })
  })

  it("a text of several that cannot be labelled - 422, and which it is", async () => {
    await using server = await startTestServer({ labeller: plainLabeller() })
    expect(await postJson(server.url, { inputs: ["ab", "FAIL"] })).toMatchObject({
      status: 422,
      body: { error: "cannot label 4 characters, text 2 of 2" },
    })
  })
})
