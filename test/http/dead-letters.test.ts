import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { type OpenQueues, openQueues } from "../../src/queue/open-queues.ts"
import { eventually, TestFleet } from "../queue/test-fleet.ts"
import { postJson, startTestServer, type TestServer } from "./test-server.ts"

let fleet: TestFleet
let queues: OpenQueues
let server: TestServer

beforeEach(async () => {
  fleet = await TestFleet.open()
  await fleet.worker()
  const producer = await fleet.producer()
  queues = await openQueues({ redis: fleet.url, keyPrefix: fleet.keyPrefix })
  server = await startTestServer({ labeller: producer, others: [] })
})
afterEach(async () => {
  await server.close()
  await queues.close()
  await fleet[Symbol.asyncDispose]()
})

/** Adds jobs that no worker can read, and returns when their letters are there. */
async function add(...ids: string[]) {
  const before = await queues.deadLetters.count()
  for (const id of ids)
    await fleet.queues.of("bulk").add("label", { v: 1, texts: [{ text: `text of ${id}` }], typo: 1 }, { jobId: id })
  await eventually(async () => (await queues.deadLetters.count()) === before + ids.length)
}

interface List {
  readonly total: number
  readonly letters: readonly Record<string, unknown>[]
}

const list = async (query = "") => (await (await fetch(`${server.url}/v1/dead-letters${query}`)).json()) as List
const act = (what: string, body: unknown, headers = {}) =>
  postJson(`${server.url}/v1/dead-letters/${what}`, body, headers)

describe("GET /v1/dead-letters", () => {
  it("lists why, when, by which model and with which texts a job failed", async () => {
    await add("one")
    expect(await list()).toEqual({
      total: 1,
      letters: [
        {
          id: "valence-bulk.one",
          queue: "valence-bulk",
          job: "one",
          cause: { code: "job_invalid", message: expect.stringContaining('must have no property "typo"') },
          attempts: 1,
          failedMs: expect.any(Number),
          model: { name: "plain", revision: expect.any(String), dtype: expect.any(String) },
          textCount: 1,
          texts: ["text of one"],
        },
      ],
    })
  })

  it("start and limit - a part of them, the oldest first", async () => {
    for (const id of ["one", "two", "three"]) await add(id)
    const { total, letters } = await list("?start=1&limit=1")
    expect([total, letters.map(({ job }) => job)]).toEqual([3, ["two"]])
  })

  it("many long texts - the list has the beginnings of the first 20, the letter all of them", async () => {
    const texts = Array.from({ length: 30 }, (_, row) => ({ text: `${row} ${"x".repeat(2000)}` }))
    await fleet.queues.of("bulk").add("label", { v: 1, texts, typo: 1 }, { jobId: "one" })
    await eventually(async () => (await list()).total === 1)
    const [letter] = (await list()).letters as { textCount: number; texts: string[] }[]
    expect(letter?.textCount).toBe(30)
    expect(letter?.texts.map(text => text.length)).toEqual(Array(20).fill(1001))
    const whole = await (await fetch(`${server.url}/v1/dead-letters/valence-bulk.one`)).json()
    expect(whole).toMatchObject({ id: "valence-bulk.one", textCount: 30, texts: texts.map(({ text }) => text) })
  })

  it("an id that no letter has - 404", async () => {
    expect((await fetch(`${server.url}/v1/dead-letters/valence-bulk.none`)).status).toBe(404)
  })

  it("a job that is not one - has no texts", async () => {
    await fleet.queues.of("bulk").add("label", ["no job"], { jobId: "one" })
    await eventually(async () => (await list()).total === 1)
    expect((await list()).letters).toMatchObject([{ job: "one", textCount: null, texts: null }])
  })
})

describe("POST /v1/dead-letters/retry and drop", () => {
  it("retry - the job is tried again; a letter that is not there is named", async () => {
    await add("one", "two")
    const { body } = await act("retry", { ids: ["valence-bulk.one", "valence-bulk.none"] })
    expect(body).toEqual({ done: 1, problems: [expect.stringContaining("valence-bulk.none")] })
    // It fails again.
    await eventually(async () => (await list()).letters.at(-1)?.["job"] === "one")
    expect((await list()).total).toBe(2)
  })

  it("drop - letters are gone, and their jobs", async () => {
    await add("one", "two", "three")
    expect((await act("drop", { ids: ["valence-bulk.two"] })).body).toEqual({ done: 1, problems: [] })
    expect((await list()).letters.map(({ job }) => job)).toEqual(["one", "three"])
    expect((await act("drop", { all: true })).body).toEqual({ done: 2, problems: [] })
    expect(await list()).toEqual({ total: 0, letters: [] })
    expect(await fleet.queues.of("bulk").getJob("one")).toBeUndefined()
  })

  it.each([[{}], [{ ids: ["a"], all: true }], [{ all: false }], [{ ids: [] }]])("%j - is refused", async body => {
    await add("one")
    expect((await act("drop", body)).status).toBe(400)
    expect((await list()).total).toBe(1)
  })
})

describe("a page of another site", () => {
  it.each([
    ["same-origin", undefined, 200],
    // An address that was typed.
    ["none", undefined, 200],
    ["cross-site", undefined, 403],
    ["same-site", undefined, 403],
    [undefined, "https://evil.example", 403],
    [undefined, "null", 403],
    [undefined, undefined, 200],
  ])("sec-fetch-site %s, origin %s - %i", async (site, origin, status) => {
    await add("one")
    const headers = { ...(site && { "sec-fetch-site": site }), ...(origin && { origin }) }
    // Undici sets the header by itself.
    const response = await server.app.inject({
      method: "POST",
      url: "/v1/dead-letters/drop",
      headers: { "content-type": "application/json", host: new URL(server.url).host, ...headers },
      payload: '{"all":true}',
    })
    expect(response.statusCode).toBe(status)
    expect((await list()).total).toBe(status === 200 ? 0 : 1)
  })

  it("its own origin, from a browser that does not say where requests come from - is let through", async () => {
    const { host } = new URL(server.url)
    const headers = { "content-type": "application/json", host, origin: server.url }
    const payload = '{"all":true}'
    const response = await server.app.inject({ method: "POST", url: "/v1/dead-letters/drop", headers, payload })
    expect(response.statusCode).toBe(200)
  })

  it("a form, which browsers send to any site - is refused", async () => {
    const response = await fetch(`${server.url}/v1/dead-letters/drop`, {
      method: "POST",
      body: '{"all":true}',
      headers: { "content-type": "text/plain" },
    })
    expect(response.status).toBe(415)
  })
})

it("without a fleet - 501", async () => {
  await using alone = await startTestServer()
  expect((await fetch(`${alone.url}/v1/dead-letters`)).status).toBe(501)
})
