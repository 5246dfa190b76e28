import { describe, expect, it } from "vitest"
import type { ServerOptions } from "../../src/http/options.ts"
import { pauseLanes } from "../../src/queue/pause-lanes.ts"
import type { WorkerNotice } from "../../src/queue/status/living-fleet.ts"
import { plainLabeller } from "../corpus/plain-labeller.ts"
import { eventually } from "../eventually.ts"
import { TestFleet } from "../queue/test-fleet.ts"
import { postJson, startTestServer } from "./test-server.ts"

const key = "a-key-of-a-test-server"

const someWorker: WorkerNotice = {
  ...{ id: "gone", host: "here", pid: 1, device: "cpu", startedMs: 0, tokensPerSecond: 1000, textsPerSecond: 0 },
  model: plainLabeller().model,
}

/** A server in front of a fleet. */
async function startFleetServer(fleet: TestFleet, options: ServerOptions = {}) {
  const producer = await fleet.producer()
  const server = await startTestServer({ labeller: producer, others: [], options })
  return { ...server, producer }
}

/** The events of a stream, as they come. */
async function* eventsOf(response: Response): AsyncGenerator<{ event: string; data: unknown }, void> {
  let text = ""
  for await (const part of (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream())) {
    const events = (text + part).split("\n\n")
    text = events.pop() ?? ""
    for (const each of events) {
      const [, event = "message", data = ""] = /^(?:event: (.*)\n)?data: (.*)$/.exec(each) ?? []
      yield { event, data: JSON.parse(data) }
    }
  }
}

describe("GET /v1/queue", () => {
  it("no fleet - 501 says why, and there is no board", async () => {
    await using server = await startTestServer()
    const response = await fetch(`${server.url}/v1/queue`)
    expect([response.status, await response.json()]).toMatchObject([
      501,
      { code: "not_implemented", detail: expect.stringContaining("without --redis") },
    ])
    expect((await fetch(`${server.url}/queues`)).status).toBe(404)
  })

  it("jobs that wait - depth, workers and backlog", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    await using server = await startFleetServer(fleet)
    await pauseLanes(fleet.queues, ["bulk"])
    await server.producer.add(["good", "bad"], { lane: "bulk" })
    const response = await fetch(`${server.url}/v1/queue`)
    expect(response.headers.get("content-type")).toContain("application/json")
    expect(response.headers.get("cache-control")).toBe("no-store")
    expect(await response.json()).toMatchObject({
      lanes: [
        { lane: "interactive", waitingJobs: 0, paused: false },
        { lane: "bulk", waitingJobs: 1, waitingTexts: 2, paused: true },
      ],
      deadLetters: 0,
      workers: [{ model: { name: "plain", maxLength: 512 }, tokensPerSecond: 0 }],
      textsPerSecond: expect.any(Number),
      // What is paused asks for no workers.
      backlogSeconds: 0,
    })
  })

  it("/v1/queue/scale and /metrics - what to scale by, when no worker lives too; 503 and no number without Redis", async () => {
    await using fleet = await TestFleet.open()
    await fleet.fleet.announce(someWorker)
    await using server = await startFleetServer(fleet)
    await fleet.fleet.leave(someWorker.id)
    await server.producer.add(["good", "bad"], { lane: "bulk" })
    const response = await fetch(`${server.url}/v1/queue/scale`)
    expect(response.headers.get("cache-control")).toBe("no-store")
    expect(await response.json()).toEqual({
      waitingTexts: 2,
      waitingTokens: expect.any(Number),
      oldestWaitingSeconds: expect.any(Number),
      workers: 0,
      tokensPerSecond: 0,
      backlogSeconds: expect.any(Number),
      desiredWorkers: 1,
    })
    const metrics = await (await fetch(`${server.url}/metrics`)).text()
    expect(metrics).toContain("\nvalence_desired_workers 1\n")
    expect(metrics).toContain("\nvalence_http_texts_under_way 0\n")
  })

  it("no worker lives - a text is refused at once, and a worker is wanted; where requests wait for workers it is labelled", async () => {
    await using fleet = await TestFleet.open()
    await fleet.fleet.announce(someWorker)
    await using server = await startFleetServer(fleet)
    await using patient = await startFleetServer(fleet, { waitForWorkers: true })
    await fleet.fleet.leave(someWorker.id)
    const label = (url: string) => postJson(`${url}/v1/label`, { text: "good" })
    const waits = label(patient.url)
    const refused = await label(server.url)
    expect(refused).toMatchObject({ status: 503, body: { code: "no_worker" } })
    expect(refused.headers.get("retry-after")).toBe("1")
    const corpus = { method: "POST", headers: { "content-type": "text/plain" }, body: "good\n" }
    expect((await fetch(`${server.url}/v1/corpus`, corpus)).status).toBe(503)
    expect(await (await fetch(`${server.url}/v1/queue`)).json()).toMatchObject({ workerWanted: true })
    await fleet.worker()
    expect((await waits).body).toMatchObject({ results: [{ label: expect.any(String) }] })
    await eventually(async () => (await label(server.url)).status === 200)
  })

  it("as server-sent events - every second, to all who watch, until they go", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    await using server = await startFleetServer(fleet)
    const stop = new AbortController()
    const watch = async () => {
      const response = await fetch(`${server.url}/v1/queue`, {
        headers: { accept: "text/event-stream" },
        signal: stop.signal,
      })
      expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8")
      return eventsOf(response)
    }
    const watchers = await Promise.all([watch(), watch()])
    for (let times = 0; times < 2; times++) {
      const events = await Promise.all(watchers.map(events => events.next()))
      const news = { event: "message", data: { deadLetters: 0, workers: [{ host: expect.any(String) }] } }
      expect(events).toMatchObject([{ value: news }, { value: news }])
    }
    stop.abort()
  })

  it("the server stops - so does the stream, at once", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    const server = await startFleetServer(fleet)
    const events = eventsOf(await fetch(`${server.url}/v1/queue`, { headers: { accept: "text/event-stream" } }))
    await events.next()
    const [, end] = await Promise.all([server.close(), events.next()])
    expect(end.done).toBe(true)
  })
})

describe("/queues", () => {
  it("bull-board shows jobs and dead letters, to look at alone", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    await using server = await startFleetServer(fleet)
    const [id] = await server.producer.add(["good"])
    const page = await fetch(`${server.url}/queues`)
    expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"])
    expect(page.headers.get("content-security-policy")).toContain("font-src 'self'")
    const [script] = /static\/js\/main[^"]*/.exec(await page.text()) ?? []
    expect((await fetch(`${server.url}/queues/${script}`)).status).toBe(200)
    const listed = await fetch(`${server.url}/queues/api/queues?activeQueue=valence&page=1&jobsPerPage=10`)
    const { queues } = (await listed.json()) as { queues: { name: string; jobs: { id: string }[] }[] }
    expect(queues.map(({ name }) => name)).toEqual(["valence", "valence-bulk", "valence-dead"])
    expect(queues.flatMap(({ jobs }) => jobs.map(job => job.id))).toContain(id)
    const paused = await fetch(`${server.url}/queues/api/queues/valence/pause`, { method: "PUT" })
    expect(paused.status).toBe(405)
  })

  it("a server with keys - a browser is asked for an operator's", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    process.env["VALENCE_API_KEYS"] = "an-api-key-0123456789"
    process.env["VALENCE_OPERATOR_KEYS"] = key
    await using server = await startFleetServer(fleet).finally(() => {
      delete process.env["VALENCE_API_KEYS"]
      delete process.env["VALENCE_OPERATOR_KEYS"]
    })
    for (const path of ["/queues", "/queues/api/queues", "/queues/static/favicon.ico"]) {
      const refused = await fetch(`${server.url}${path}`)
      expect([path, refused.status, refused.headers.get("www-authenticate")]).toEqual([
        path,
        401,
        'Bearer, Basic realm="Valence operator", charset="UTF-8"',
      ])
    }
    const authorization = `Basic ${Buffer.from(`me:${key}`).toString("base64")}`
    expect((await fetch(`${server.url}/queues`, { headers: { authorization } })).status).toBe(200)
  })
})
