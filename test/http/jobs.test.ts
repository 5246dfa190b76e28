import { createHmac } from "node:crypto"
import { createServer, type IncomingHttpHeaders, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import type { ServerOptions } from "../../src/http/options.ts"
import { plainLabeller } from "../corpus/plain-labeller.ts"
import { eventually, heldLabeller, TestFleet } from "../queue/test-fleet.ts"
import { postJson, startTestServer, type TestServer } from "./test-server.ts"

const webhookSecret = "a secret of the tests"

/** A server in front of a fleet. */
async function startFront(fleet: TestFleet, options: ServerOptions = {}): Promise<TestServer> {
  const producer = await fleet.producer({ whenFull: "reject", jobTexts: 2, bulkJobTexts: 2 })
  return startTestServer({ labeller: producer, others: [], options })
}

async function get(url: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(url)
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

type Job = { id: string; state: string }

describe("jobs", () => {
  let fleet: TestFleet
  let servers: [TestServer, TestServer]
  beforeAll(async () => {
    fleet = await TestFleet.open()
    await fleet.worker()
    servers = [await startFront(fleet), await startFront(fleet, { maxTexts: 5 })]
  })
  afterAll(async () => {
    for (const server of servers) await server.close()
    await fleet[Symbol.asyncDispose]()
  })
  const post = (body: unknown, headers = {}) => postJson(`${servers[0].url}/v1/jobs`, body, headers)

  it("texts of several jobs - are one job, which any server shows", async () => {
    const { status, headers, body } = await post({ texts: ["a", "bb", "FAIL", "dddd", "eeeee"], topK: 1 })
    const { id } = body as Job
    expect({ status, body }).toEqual({
      status: 202,
      body: { id: expect.stringMatching(/^h[\da-f]{32}~3$/), state: "waiting" },
    })
    expect(headers.get("location")).toBe(`/v1/jobs/${id}`)
    const shown = await get(`${servers[1].url}/v1/jobs/${id}?wait=20`)
    expect(shown).toMatchObject({
      status: 200,
      body: { id, state: "completed", model: { name: "plain" }, timings: { queueMs: expect.any(Number) } },
    })
    const results = shown.body["results"] as { label?: string; error?: { code: string } }[]
    expect(results.map(({ label, error }) => label ?? error?.code)).toEqual([
      "NEGATIVE",
      "POSITIVE",
      "text_failed",
      "POSITIVE",
      "NEGATIVE",
    ])
  })

  it("Idempotency-Key - the same job for the same body, and no other body", async () => {
    const [body, key] = [{ text: "once" }, { "idempotency-key": "order 7" }]
    const answers = await Promise.all([1, 2, 3].map(() => post(body, key)))
    expect(new Set(answers.map(({ body }) => (body as Job).id)).size).toBe(1)
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202])
    const again = await postJson(`${servers[1].url}/v1/jobs`, body, key)
    expect(again.body).toMatchObject({ id: (answers[0] as { body: Job }).body.id })
    expect(await post({ text: "twice" }, key)).toMatchObject({
      status: 422,
      body: { code: "job_conflict", detail: expect.stringContaining("Idempotency-Key") },
    })
  })

  it.each([
    [{ text: "a", priority: 0 }, 400, "/body/priority must be >= 1"],
    [{ text: "a", deadlineMs: 0 }, 400, "/body/deadlineMs must be >= 1"],
    [{ text: "a", texts: ["b"] }, 400, "/body must have text or texts; it has both"],
    [{ text: "a", model: "none" }, 404, "model of a job must be a fleet's, one of plain; got none"],
    [{ text: "a", maxLength: 1000 }, 400, "maxLength must be a whole number of tokens, 2 to 512 for plain; got 1000"],
    [
      { text: "a", webhook: { url: "https://example.org" } },
      501,
      "webhooks need a secret to sign them with: set VALENCE_WEBHOOK_SECRET",
    ],
    [
      { text: "a", webhook: { url: "http://127.0.0.1/" } },
      400,
      '/body/webhook/url must lead to a public address; got "http://127.0.0.1/"',
    ],
    [
      { text: "a", webhook: { url: "file:///etc/passwd" } },
      400,
      '/body/webhook/url must be https or http; got "file:///etc/passwd"',
    ],
    [{ text: "a", webhook: { url: "no" } }, 400, '/body/webhook/url must be a URL; got "no"'],
    [
      { text: "a", webhook: { url: "http://a:b@c/" } },
      400,
      '/body/webhook/url must have no user and no password; got "http://a:b@c/"',
    ],
  ])("%j - %i: %s", async (sent, status, detail) => {
    expect(await post(sent)).toMatchObject({ status, body: { detail } })
  })

  it("more texts than a request may have - 413", async () => {
    expect((await postJson(`${servers[1].url}/v1/jobs`, { texts: Array(6).fill("a") })).status).toBe(413)
  })

  it.each(["h00000000000000000000000000000000", "h00000000000000000000000000000000~99999", "valence:meta", "..%2f"])(
    "%s, which is no job - 404",
    async id => {
      expect((await get(`${servers[0].url}/v1/jobs/${id}?wait=0.01`)).status).toBe(404)
      expect((await fetch(`${servers[0].url}/v1/jobs/${id}`, { method: "DELETE" })).status).toBe(404)
    },
  )

  it("an id that asks for more jobs than a request has - 404, and Redis is asked for few of them", async () => {
    const { id } = (await post({ texts: ["a", "bb", "cc"] })).body as Job
    const [name] = id.split("~")
    // Anyone can write it: the mark of an owner is no secret.
    expect((await get(`${servers[0].url}/v1/jobs/${name}~1001`)).status).toBe(404)
    expect((await get(`${servers[0].url}/v1/jobs/${name}~1000?wait=20`)).body).toMatchObject({
      state: "failed",
      error: { code: "job_lost" },
    })
    expect((await get(`${servers[0].url}/v1/jobs/${id}?wait=20`)).body).toMatchObject({ state: "completed" })
    expect((await fetch(`${servers[0].url}/v1/jobs/${name}~1000`, { method: "DELETE" })).status).toBe(204)
    expect((await get(`${servers[0].url}/v1/jobs/${id}`)).status).toBe(404)
  })

  it("DELETE - a completed job is gone", async () => {
    const { id } = (await post({ text: "gone" })).body as Job
    const url = `${servers[0].url}/v1/jobs/${id}`
    expect((await get(`${url}?wait=20`)).body).toMatchObject({ state: "completed" })
    expect((await fetch(url, { method: "DELETE" })).status).toBe(204)
    expect((await get(url)).status).toBe(404)
  })

  it("Content-Type: application/json, and nothing - is no body, and a job needs one", async () => {
    const headers = { "content-type": "application/json" }
    const url = `${servers[0].url}/v1/jobs`
    const { id } = (await post({ text: "gone too" })).body as Job
    expect((await fetch(`${url}/${id}?wait=20`, { headers })).status).toBe(200)
    expect((await fetch(`${url}/${id}`, { method: "DELETE", headers })).status).toBe(204)
    expect((await fetch(`${url}/${id}`, { method: "DELETE", headers })).status).toBe(404)
    expect(await postJson(url, "")).toMatchObject({ status: 400, body: { detail: "/body must be object" } })
    expect(await postJson(url, "{")).toMatchObject({ status: 400, body: { code: "request_invalid" } })
  })

  it.each([
    ["?wait=61", "/querystring/wait must be <= 60"],
    ["?wait=x", "/querystring/wait must be number"],
  ])("%s - 400: %s", async (query, detail) => {
    expect(await get(`${servers[0].url}/v1/jobs/x${query}`)).toMatchObject({ status: 400, body: { detail } })
  })
})

describe("jobs that wait", () => {
  it("are shown so, answered when they end, and taken back", async () => {
    await using fleet = await TestFleet.open()
    const { labeller, held, letGo } = heldLabeller()
    await fleet.worker({ labeller, options: { concurrency: 1, bulkConcurrency: 1 } })
    await using server = await startFront(fleet)
    const add = async (text: string) => ((await postJson(`${server.url}/v1/jobs`, { text })).body as Job).id
    const at = (id: string) => `${server.url}/v1/jobs/${id}`
    const first = await add("first")
    await eventually(() => held.length > 0)
    const second = await add("second")
    const third = await add("third")
    expect((await get(`${at(first)}?wait=0.05`)).body).toEqual({ id: first, state: "active" })
    expect((await get(at(second))).body).toEqual({ id: second, state: "waiting" })
    expect((await fetch(at(second), { method: "DELETE" })).status).toBe(204)
    expect((await get(at(second))).status).toBe(404)
    const waiting = get(`${at(third)}?wait=30`)
    letGo()
    expect((await waiting).body).toMatchObject({ state: "completed", results: [{ label: expect.any(String) }] })
  })

  it.each([
    ["are dropped when they are taken back", true],
    ["and on a device already, are removed when they are labelled", false],
  ])("at work %s - gone for every server, and nothing of them stays in Redis", async (_, listens) => {
    await using fleet = await TestFleet.open()
    let [begun, letGo] = [0, () => {}]
    const gate = new Promise<void>(resolve => {
      letGo = resolve
    })
    const labeller = plainLabeller(async ([text], { signal }) => {
      if (text === "Good morning") return
      begun += 1
      if (!listens) return gate
      const dropped = new Promise((_, reject) => signal?.addEventListener("abort", () => reject(new Error("aborted"))))
      await Promise.race([gate, dropped])
    })
    await fleet.worker({ labeller })
    await using server = await startFront(fleet, { webhookSecret, allowPrivateWebhooks: true })
    await using other = await startFront(fleet, { webhookSecret, allowPrivateWebhooks: true })
    const body = { texts: ["a secret", "b", "c"], webhook: { url: "http://127.0.0.1:1/" } }
    for (const lane of ["bulk", "interactive"]) {
      begun = 0
      const { id } = (await postJson(`${server.url}/v1/jobs`, { ...body, lane })).body as Job
      await eventually(() => begun > 0)
      expect((await fetch(`${server.url}/v1/jobs/${id}`, { method: "DELETE" })).status).toBe(204)
      for (const { url } of [server, other]) {
        expect((await get(`${url}/v1/jobs/${id}?wait=20`)).status).toBe(404)
        expect((await fetch(`${url}/v1/jobs/${id}`, { method: "DELETE" })).status).toBe(404)
      }
    }
    letGo()
    await eventually(async () => (await fleet.keys()).length === 0)
  })

  it("a server that stops - answers those who wait at once", async () => {
    await using fleet = await TestFleet.open()
    const { labeller, held, letGo } = heldLabeller()
    await fleet.worker({ labeller })
    const producer = await fleet.producer()
    const server = await startTestServer({ labeller: producer, others: [] })
    const { id } = (await postJson(`${server.url}/v1/jobs`, { text: "a" })).body as Job
    await eventually(() => held.length > 0)
    // A look at the job tells that the request has arrived.
    const looks = vi.spyOn(producer, "results")
    const waiting = get(`${server.url}/v1/jobs/${id}?wait=30`)
    await eventually(() => looks.mock.calls.length > 0)
    await server.close()
    letGo()
    expect((await waiting).body).toEqual({ id, state: "active" })
  })
})

it("without a fleet - 501", async () => {
  await using server = await startTestServer()
  expect(await postJson(`${server.url}/v1/jobs`, { text: "a" })).toMatchObject({
    status: 501,
    body: { code: "not_implemented", detail: "jobs need a fleet: start the server with --redis" },
  })
  expect((await get(`${server.url}/v1/jobs/h1`)).status).toBe(501)
})

/** What a receiver was sent. */
interface Told {
  readonly body: string
  readonly headers: IncomingHttpHeaders
}

/** A receiver of webhooks, which answers with one status after the other, and the last one for ever. */
async function startReceiver(
  ...statuses: number[]
): Promise<{ url: string; told: Told[]; server: Server } & AsyncDisposable> {
  const told: Told[] = []
  const server = createServer(async (request, response) => {
    let body = ""
    for await (const part of request) body += part
    told.push({ body, headers: request.headers })
    response
      .writeHead(statuses.length > 1 ? (statuses.shift() ?? 200) : (statuses[0] ?? 200), { location: "/elsewhere" })
      .end()
  })
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
  return { url, told, server, [Symbol.asyncDispose]: async () => void server.close() }
}

describe("webhooks", () => {
  const options = { webhookSecret, allowPrivateWebhooks: true }

  it("tell the end of a job, signed, once", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    await using receiver = await startReceiver(200)
    await using server = await startFront(fleet, options)
    const sent = { texts: ["a", "bb", "ccc"], webhook: { url: receiver.url } }
    const { id } = (await postJson(`${server.url}/v1/jobs`, sent, { "idempotency-key": "1" })).body as Job
    await eventually(() => receiver.told.length > 0)
    const { body, headers } = receiver.told[0] as Told
    expect(JSON.parse(body)).toEqual((await get(`${server.url}/v1/jobs/${id}`)).body)
    expect(JSON.parse(body)).toMatchObject({ id, state: "completed" })
    const [, time, signature] = /^t=(\d+),v1=([\da-f]{64})$/.exec(String(headers["x-valence-signature"])) ?? []
    expect(signature).toBe(createHmac("sha256", webhookSecret).update(`${time}.${body}`).digest("hex"))
    expect(Math.abs(Number(time) - Date.now() / 1000)).toBeLessThan(60)
    await postJson(`${server.url}/v1/jobs`, sent, { "idempotency-key": "1" })
    await get(`${server.url}/v1/jobs/${id}?wait=1`)
    expect(receiver.told).toHaveLength(1)
  })

  it("that are not answered well - are sent again, and no redirect is followed", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    await using receiver = await startReceiver(302, 200)
    await using server = await startFront(fleet, options)
    await postJson(`${server.url}/v1/jobs`, { text: "a", webhook: { url: receiver.url } })
    await eventually(() => receiver.told.length === 2)
    expect(receiver.told[0]?.body).toBe(receiver.told[1]?.body)
  })

  it("of a server that is gone - are sent by another", async () => {
    await using fleet = await TestFleet.open()
    const { labeller, held, letGo } = heldLabeller()
    await fleet.worker({ labeller })
    await using receiver = await startReceiver(200)
    const first = await startFront(fleet, options)
    await postJson(`${first.url}/v1/jobs`, { text: "a", webhook: { url: receiver.url } })
    await eventually(() => held.length > 0)
    await first.close()
    letGo()
    await using _ = await startFront(fleet, options)
    await eventually(() => receiver.told.length === 1)
  })

  it("of a job that was taken back - are not sent", async () => {
    await using fleet = await TestFleet.open()
    const { labeller, held, letGo } = heldLabeller()
    await fleet.worker({ labeller, options: { bulkConcurrency: 1 } })
    await using receiver = await startReceiver(200)
    await using server = await startFront(fleet, options)
    const add = async (text: string) =>
      ((await postJson(`${server.url}/v1/jobs`, { text, webhook: { url: receiver.url } })).body as Job).id
    const first = await add("first")
    await eventually(() => held.length > 0)
    const second = await add("second")
    await fetch(`${server.url}/v1/jobs/${second}`, { method: "DELETE" })
    letGo()
    await eventually(() => receiver.told.length > 0)
    expect(await fleet.keys()).not.toContain(`valence-webhooks:${second}`)
    expect(receiver.told.map(({ body }) => (JSON.parse(body) as Job).id)).toEqual([first])
  })

  it("to a name with a private address - are given up, not sent", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    await using receiver = await startReceiver(200)
    await using server = await startFront(fleet, { webhookSecret })
    const url = receiver.url.replace("127.0.0.1", "localhost")
    expect((await postJson(`${server.url}/v1/jobs`, { text: "a", webhook: { url } })).status).toBe(202)
    const metrics = async () => (await fetch(`${server.url}/metrics`)).text()
    await eventually(async () => (await metrics()).includes('valence_webhooks_total{outcome="given_up"} 1\n'))
    expect(receiver.told).toEqual([])
    expect(await metrics()).toContain('valence_webhooks_total{outcome="retried"} 0\n')
  })

  it("with a secret that is too short - the server does not start", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker({ labeller: plainLabeller() })
    await expect(startFront(fleet, { webhookSecret: "short" })).rejects.toThrow(
      "webhookSecret must have 16 characters or more; got 5",
    )
  })
})
