import { randomBytes } from "node:crypto"
import { afterEach, describe, expect, inject, it } from "vitest"
import { type Running, startValenceIn, toBeTrue } from "./run-valence.ts"

const running: Running[] = []
afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill("SIGKILL")
    await ended
  }
})

/** A line that `--trace console` writes. */
interface Span {
  readonly span: string
  readonly service: string
  readonly traceId: string
  readonly spanId: string
  readonly parentId?: string
  readonly attributes: Readonly<Record<string, unknown>>
}

async function start(env: Readonly<Record<string, string>>, ...words: string[]) {
  const started = startValenceIn({ VALENCE_TRACE: "console", ...env }, "/tmp", ...words, "--port", "0")
  running.push(started)
  let said = ""
  started.child.stderr?.on("data", (some: Buffer) => {
    said += some
  })
  await toBeTrue(() => said.includes("ready: ") || started.child.exitCode !== null)
  const spans = () =>
    said
      .split("\n")
      .filter(line => line.startsWith("{"))
      .map(line => JSON.parse(line) as Span)
  return { ...started, spans, url: /ready: (http:\S+)/.exec(said)?.[1] ?? "" }
}

const traceId = randomBytes(16).toString("hex")
const callerId = randomBytes(8).toString("hex")

const label = (url: string, texts: readonly string[]) =>
  fetch(`${url}/v1/label`, {
    method: "POST",
    headers: { "content-type": "application/json", traceparent: `00-${traceId}-${callerId}-01` },
    body: JSON.stringify({ texts }),
  })

describe("--trace", () => {
  it("one trace - from the request of a caller through Redis to the worker's micro-batch", async () => {
    const env = {
      VALENCE_REDIS: inject("redisUrl"),
      VALENCE_KEY_PREFIX: `{test-${randomBytes(6).toString("hex")}}`,
    }
    const work = await start({ ...env, OTEL_SERVICE_NAME: "labelling" }, "work", "--device", "cpu:1")
    const serve = await start(env, "serve")
    expect((await label(serve.url, ["I love it", "Never again"])).status).toBe(200)
    const traced = () => [...serve.spans(), ...work.spans()].filter(span => span.traceId === traceId)
    await toBeTrue(() => traced().length >= 3)
    const [request, job, microBatch] = ["request", "process", "micro-batch"].map(name =>
      traced().find(({ span }) => span.includes(name)),
    )
    expect(request).toMatchObject({ service: "valence-serve", parentId: callerId })
    expect(job).toMatchObject({ service: "labelling", parentId: request?.spanId })
    expect(microBatch).toMatchObject({ service: "labelling", parentId: job?.spanId })
    expect(microBatch?.attributes).toMatchObject({
      "valence.lane": "interactive",
      "valence.tokens": expect.any(Number),
    })
    // No text, and no span for each look into the queue.
    expect(JSON.stringify(traced())).not.toContain("love")
    expect(new Set(work.spans().map(({ span }) => span))).toEqual(new Set([job?.span, "micro-batch"]))
  })

  it("a request that is refused - is a span, and no warning", async () => {
    const serve = await start({}, "serve", "--model", "afinn-111")
    expect((await fetch(`${serve.url}/v1/jobs/none`)).status).toBe(501)
    await toBeTrue(() => serve.spans().length > 0)
    expect(serve.spans()).toMatchObject([{ status: 2, attributes: { "http.response.status_code": 501 } }])
    serve.child.kill("SIGTERM")
    expect(await serve.ended).toMatchObject({ code: 0, stderr: expect.not.stringContaining("traces: ") })
  })

  it("a collector that is away - is a warning, and the command ends with 0", async () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" }
    const serve = await start(env, "serve", "--model", "afinn-111", "--trace", "otlp")
    await fetch(`${serve.url}/v1/model`)
    serve.child.kill("SIGTERM")
    expect(await serve.ended).toMatchObject({ code: 0, stderr: expect.stringContaining("warning: traces: ") })
  })

  it("a caller whose trace is not sampled - no span", async () => {
    const env = { OTEL_TRACES_SAMPLER: "parentbased_always_off" }
    const serve = await start(env, "serve", "--device", "cpu:1")
    expect((await fetch(`${serve.url}/v1/model`)).status).toBe(200)
    const body = JSON.stringify({ text: "good" })
    const headers = { "content-type": "application/json" }
    expect((await fetch(`${serve.url}/v1/label`, { method: "POST", headers, body })).status).toBe(200)
    serve.child.kill("SIGTERM")
    await serve.ended
    expect(serve.spans()).toEqual([])
  })
})
