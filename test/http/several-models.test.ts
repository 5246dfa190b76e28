import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { createLexiconLabeller } from "../../src/lexicon/lexicon-labeller.ts"
import { drainLanes } from "../../src/queue/drain-lanes.ts"
import { lanes } from "../../src/queue/jobs/names.ts"
import { pauseLanes, resumeLanes } from "../../src/queue/pause-lanes.ts"
import { eventually, TestFleet } from "../queue/test-fleet.ts"
import { postJson, startTestServer, type TestServer } from "./test-server.ts"

/** A fleet for each model, on one Redis. */
let old: TestFleet
let next: TestFleet
const open: AsyncDisposable[] = []

beforeEach(async () => {
  old = await TestFleet.open()
  next = await TestFleet.open()
})
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]()
  await old[Symbol.asyncDispose]()
  await next[Symbol.asyncDispose]()
})

const work = async (fleet: TestFleet, model: string, options = {}) =>
  fleet.worker({ labeller: await createLexiconLabeller({ model }), ...options })

/** A server in front of fleets, the default one first. */
async function serve(first: TestFleet, ...more: TestFleet[]): Promise<TestServer> {
  const producer = await first.producer()
  const others = await Promise.all(more.map(fleet => fleet.producer()))
  const server = await startTestServer({ labeller: producer, others })
  open.push(server)
  return server
}

interface Job {
  readonly id: string
  readonly state: string
  readonly model?: { readonly name: string }
}
const add = async ({ url }: TestServer, model?: string) =>
  (await postJson(`${url}/v1/jobs`, { text: "good", ...(model && { model }) })).body as Job
const read = async ({ url }: TestServer, id: string, wait = 30) =>
  (await (await fetch(`${url}/v1/jobs/${id}?wait=${wait}`)).json()) as Job

describe("a server in front of two fleets", () => {
  it("a request or a job that names a model - is labelled by its fleet, and found again", async () => {
    await work(old, "mvp")
    await work(next, "afinn-111")
    const server = await serve(old, next)
    for (const [model, expected] of [
      [undefined, "mvp"],
      ["mvp", "mvp"],
      ["afinn-111", "afinn-111"],
    ]) {
      const { body } = await postJson(`${server.url}/v1/label`, { text: "good", ...(model && { model }) })
      expect(body).toMatchObject({ model: { name: expected } })
      const { id } = await add(server, model)
      expect(await read(server, id)).toMatchObject({ state: "completed", model: { name: expected } })
      expect((await fetch(`${server.url}/v1/jobs/${id}`, { method: "DELETE" })).status).toBe(204)
      expect((await fetch(`${server.url}/v1/jobs/${id}`)).status).toBe(404)
    }
    const { models } = (await (await fetch(`${server.url}/v1/models`)).json()) as { models: { name: string }[] }
    expect(models.map(({ name }) => name)).toEqual(["mvp", "afinn-111"])
  })

  it("a model that no fleet has - is refused by its name, with those that there are", async () => {
    await work(old, "mvp")
    await work(next, "afinn-111")
    const { url } = await serve(old, next)
    for (const path of ["label", "jobs"])
      expect(await postJson(`${url}/v1/${path}`, { text: "good", model: "none" })).toMatchObject({
        status: 404,
        body: { detail: expect.stringMatching(/mvp, afinn-111; got "?none/) },
      })
  })

  it("a model whose workers are gone - texts are refused by its name, its jobs wait; the other model goes on", async () => {
    await work(old, "mvp")
    const gone = await work(next, "afinn-111")
    const server = await serve(old, next)
    await gone.close()
    const label = (model: string) => postJson(`${server.url}/v1/label`, { text: "good", model })
    expect(await label("afinn-111")).toMatchObject({
      status: 503,
      body: { code: "no_worker", detail: expect.stringContaining("no worker with the model afinn-111 lives") },
    })
    expect((await label("mvp")).status).toBe(200)
    const { id } = await add(server, "afinn-111")
    expect((await read(server, id, 0)).state).toBe("waiting")
    await work(next, "afinn-111")
    expect(await read(server, id)).toMatchObject({ state: "completed", model: { name: "afinn-111" } })
  })
})

it("a change of model by two prefixes - no job is lost, and none is labelled by another model than its server's", async () => {
  const leaving = await work(old, "mvp")
  const before = await serve(old)
  // What waits when the change begins.
  await pauseLanes(old.queues, lanes)
  const ids = await Promise.all(Array.from({ length: 30 }, async () => (await add(before)).id))
  // New workers, then servers that know both fleets: some requests still come to a server of before.
  await work(next, "afinn-111")
  const after = await serve(next, old)
  const newIds = await Promise.all(Array.from({ length: 30 }, async () => (await add(after)).id))
  const lateIds = await Promise.all(Array.from({ length: 10 }, async () => (await add(before)).id))
  await resumeLanes(old.queues, lanes)
  // The old fleet ends when its queues are empty.
  expect(await drainLanes(old.queues, lanes, {})).toBe("empty")
  await leaving.close()
  const modelsOf = async (jobs: readonly string[]) =>
    new Set((await Promise.all(jobs.map(id => read(after, id)))).map(({ state, model }) => `${state} ${model?.name}`))
  expect(await modelsOf([...ids, ...lateIds])).toEqual(new Set(["completed mvp"]))
  expect(await modelsOf(newIds)).toEqual(new Set(["completed afinn-111"]))
})

describe("workers of another model under the same prefix", () => {
  it("a job that names its model - is a dead letter that says so, and is labelled when it is retried by its model", async () => {
    const first = await work(old, "mvp")
    const producer = await old.producer()
    await pauseLanes(old.queues, lanes)
    const [id = ""] = await producer.add(["good"], { id: "named", lane: "bulk" })
    await first.close()
    const warnings: string[] = []
    const second = await work(old, "afinn-111", { onWarning: (warning: string) => warnings.push(warning) })
    await resumeLanes(old.queues, lanes)
    await eventually(async () => (await old.deadLetters.count()) === 1)
    const [letter] = await old.deadLetters.list()
    expect(letter).toMatchObject({
      cause: {
        code: "model_changed",
        message: expect.stringMatching(/revision \S+, dtype lexicon; this one has afinn-111/),
      },
      model: { name: "afinn-111" },
    })
    expect(await producer.result(id)).toMatchObject({ state: "failed", error: { code: "model_changed" } })
    await second.close()
    await work(old, "mvp")
    await old.deadLetters.retry(letter?.id ?? "")
    await eventually(async () => (await producer.result(id)).state === "completed")
    expect(await producer.result(id)).toMatchObject({ model: { name: "mvp" } })
  })

  it("a job that names none - is labelled by whatever worker takes it, whose model is in its result", async () => {
    await work(old, "afinn-111")
    await old.queues.of("bulk").add("label", { v: 1, texts: [{ text: "good" }] }, { jobId: "one" })
    const producer = await old.producer()
    await eventually(async () => (await producer.result("one")).state === "completed")
    expect(await producer.result("one")).toMatchObject({ model: { name: "afinn-111" } })
  })

  it("a worker that starts beside those of another model - warns", async () => {
    await work(old, "mvp")
    const warnings: string[] = []
    const onWarning = (warning: string) => warnings.push(warning)
    await work(old, "mvp", { onWarning })
    expect(warnings.filter(warning => warning.includes("key prefix"))).toEqual([])
    await work(old, "afinn-111", { onWarning })
    expect(warnings.join()).toMatch(
      /workers with key prefix \S+ label with mvp lexicon \S+, and this one with afinn-111/,
    )
  })
})
