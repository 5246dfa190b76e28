import { once } from "node:events"
import { connect } from "node:net"
import { Writable } from "node:stream"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { ApiKeys, keyOf, readServerKeys } from "../../src/http/hooks/api-keys.ts"
import { TemporaryFolder } from "../corpus/temporary-folder.ts"
import { eventually, TestFleet } from "../queue/test-fleet.ts"
import { postJson, startTestServer, type TestServer } from "./test-server.ts"

const [keyOne, keyTwo] = ["first-key-0123456789", "second-key-0123456789"]
const secretText = "a text that nobody else should read"

/** Sends bytes, and gives what is answered until the connection closes. */
async function sendRaw(url: string, bytes: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1")
  let answer = ""
  socket.setEncoding("utf8").on("data", data => {
    answer += data
  })
  socket.on("error", () => {})
  socket.write(bytes)
  await once(socket, "close")
  return answer
}

describe("ApiKeys", () => {
  it("from a file and the environment, with names or without", async () => {
    using folder = new TemporaryFolder()
    const file = folder.write("keys", `# ours\n\nshop:${keyOne}\n`)
    const { api, operator } = await readServerKeys(
      { apiKeysFile: file, operatorKeysFile: undefined },
      { VALENCE_API_KEYS: `${keyTwo}, other:another-key-01234567`, VALENCE_OPERATOR_KEYS: "the-operator-key-0123" },
    )
    expect(operator.nameOf("the-operator-key-0123")).toBe("operator 1")
    expect(operator.nameOf(keyOne)).toBeUndefined()
    expect([keyOne, keyTwo, "another-key-01234567", "none"].map(key => api.nameOf(key))).toEqual([
      "shop",
      "key 2",
      "other",
      undefined,
    ])
  })

  it.each([
    [["short"], "API key key 1 must have 16 characters or more; got 5"],
    [["a:short"], "API key a must have 16 characters or more; got 5"],
  ])("%j - is refused, without the key in the message", (entries, message) => {
    expect(() => new ApiKeys(entries)).toThrow(message)
  })

  it("a file that is not there, or has no key - is refused", async () => {
    using folder = new TemporaryFolder()
    const read = (files: { apiKeysFile?: string; operatorKeysFile?: string }) =>
      readServerKeys({ apiKeysFile: undefined, operatorKeysFile: undefined, ...files }, {})
    await expect(read({ apiKeysFile: folder.at("none") })).rejects.toThrow("file of API keys must be readable")
    await expect(read({ operatorKeysFile: folder.at("none") })).rejects.toThrow(
      "file of operator keys must be readable",
    )
    const empty = folder.write("keys", "# none\n")
    await expect(read({ apiKeysFile: empty })).rejects.toThrow("must have an API key on a line")
    await expect(read({ operatorKeysFile: empty })).rejects.toThrow("must have an operator key on a line")
  })

  it("an operator key with the name of an API key - is refused: both would own the same files", async () => {
    const env = { VALENCE_API_KEYS: `ann:${keyOne}`, VALENCE_OPERATOR_KEYS: `ann:${keyTwo}` }
    await expect(readServerKeys({ apiKeysFile: undefined, operatorKeysFile: undefined }, env)).rejects.toThrow(
      'an operator key must have a name of its own; "ann" is an API key',
    )
  })

  it.each([
    [{ authorization: `Bearer ${keyOne}` }, keyOne],
    [{ authorization: `bearer   ${keyOne}` }, keyOne],
    [{ authorization: `Basic ${Buffer.from(`user:${keyOne}`).toString("base64")}` }, keyOne],
    [{ "x-api-key": keyOne }, keyOne],
    [{ authorization: "Digest x" }, undefined],
    [{}, undefined],
  ])("keyOf(%j)", (headers, expected) => {
    expect(keyOf(headers)).toBe(expected)
  })
})

describe("a server with keys", () => {
  let server: TestServer
  let log = ""
  const folder = new TemporaryFolder()
  beforeAll(async () => {
    const stream = new Writable({
      write(data, _, done) {
        log += String(data)
        done()
      },
    })
    server = await startTestServer({
      logger: { level: "trace", stream },
      options: {
        apiKeysFile: folder.write("keys", `one:${keyOne}\ntwo:${keyTwo}\n`),
        rateLimit: 20,
        corsOrigin: "https://a.example, https://b.example",
      },
    })
  })
  afterAll(async () => {
    await server.close()
    folder[Symbol.dispose]()
  })
  const label = (headers: Record<string, string>) => postJson(`${server.url}/v1/label`, { text: secretText }, headers)

  it("asks for a key, on every route but health and documentation", async () => {
    for (const path of ["/v1/models", "/v1/model", "/metrics", "/v1/jobs/x", "/nothing"])
      expect([path, (await fetch(server.url + path)).status]).toEqual([path, 401])
    for (const path of ["/livez", "/readyz", "/docs/json"])
      expect([path, (await fetch(server.url + path)).status]).toEqual([path, 200])
    const { status, headers, body } = await label({})
    expect({ status, body }).toMatchObject({
      status: 401,
      body: { code: "unauthorized", detail: "a request must have an API key: Authorization: Bearer KEY" },
    })
    expect(headers.get("www-authenticate")).toMatch(/^Bearer, Basic /)
  })

  it.each([
    { authorization: `Bearer ${keyOne}` },
    { authorization: `Bearer ${keyTwo}` },
    { "x-api-key": keyTwo },
    { authorization: `Basic ${Buffer.from(`:${keyOne}`).toString("base64")}` },
  ])("%j - is let in", async headers => {
    expect((await label(headers)).status).toBe(200)
  })

  it.each([`Bearer ${keyOne}x`, `Bearer ${keyOne.slice(1)}`, "Bearer ", "Bearer", "Basic !!", `Token ${keyOne}`])(
    "%s - 401",
    async authorization => {
      const answer = await label({ authorization })
      expect(answer.status).toBe(401)
      expect(JSON.stringify(answer.body)).not.toContain(keyOne.slice(1))
    },
  )

  it("a preflight of a page that may call - is answered without a key, one of another is not let", async () => {
    const preflight = (origin: string) =>
      fetch(`${server.url}/v1/label`, {
        method: "OPTIONS",
        headers: {
          origin,
          "access-control-request-method": "POST",
          "access-control-request-headers": "authorization,content-type",
        },
      })
    const allowed = await preflight("https://b.example")
    expect(allowed.status).toBe(204)
    expect(allowed.headers.get("access-control-allow-origin")).toBe("https://b.example")
    expect(allowed.headers.get("access-control-allow-headers")).toContain("authorization")
    expect((await preflight("https://c.example")).headers.get("access-control-allow-origin")).not.toBe(
      "https://c.example",
    )
  })

  it("more requests than a key may send - 429, and when to come again; another key may", async () => {
    let answer = await label({ "x-api-key": keyOne })
    for (let more = 0; more < 25 && answer.status === 200; more++) answer = await label({ "x-api-key": keyOne })
    expect(answer).toMatchObject({ status: 429, body: { code: "rate_limited" } })
    const seconds = Number(answer.headers.get("retry-after"))
    expect(seconds).toBeGreaterThan(1)
    expect(seconds).toBeLessThanOrEqual(60)
    expect((await label({ "x-api-key": keyTwo })).status).toBe(200)
    expect((await fetch(`${server.url}/livez`)).status).toBe(200)
  })

  it("the log at level trace - has neither keys nor texts", async () => {
    await sendRaw(
      server.url,
      `GET /v1/model HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${keyOne}\r\nbad header\r\n\r\n`,
    )
    await postJson(`${server.url}/v1/label`, `{"text":"${secretText}`, { "x-api-key": keyTwo })
    await eventually(() => log.includes(`"event":"request"`))
    expect(log).toContain('"url":"/v1/label"')
    for (const secret of [keyOne, keyTwo, secretText, Buffer.from(`:${keyOne}`).toString("base64")])
      expect(log).not.toContain(secret)
  })
})

describe("a server", () => {
  it("logTexts - writes texts to its log", async () => {
    let log = ""
    const stream = {
      write(line: string) {
        log += line
      },
    }
    await using server = await startTestServer({ logger: { level: "info", stream }, options: { logTexts: true } })
    await postJson(`${server.url}/v1/label`, { text: secretText })
    const corpus = await fetch(`${server.url}/v1/corpus`, {
      method: "POST",
      headers: { "content-type": "text/csv" },
      body: "text\nof a stream\n",
    })
    // The answer begins before its rows are labelled.
    await corpus.text()
    expect(log).toContain(secretText)
    expect(log).toContain("of a stream")
  })

  it("without corsOrigin - lets no other page call", async () => {
    await using server = await startTestServer()
    const { headers } = await fetch(`${server.url}/v1/model`, { headers: { origin: "https://a.example" } })
    expect(headers.get("access-control-allow-origin")).toBeNull()
  })

  it("sends headers that keep pages from being misused, and a request id of its own", async () => {
    await using server = await startTestServer()
    const { headers } = await fetch(`${server.url}/v1/model`, { headers: { "x-request-id": "mine" } })
    expect(headers.get("x-content-type-options")).toBe("nosniff")
    expect(headers.get("x-frame-options")).toBe("SAMEORIGIN")
    expect(headers.get("content-security-policy")).toContain("default-src 'none'")
    expect(headers.get("x-request-id")).toMatch(/^[\da-f-]{36}$/)
  })

  it.each([
    [
      `GET / HTTP/1.1\r\nhost: x\r\na: ${"x".repeat(20_000)}\r\n\r\n`,
      431,
      "the head of a request must have at most 16 KiB",
    ],
    ["NOT HTTP\r\n\r\n", 400, "a request must be HTTP/1.1"],
    ["GET /%ff HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", 400, "is not a valid url component"],
  ])("%j - %i", async (bytes, status, detail) => {
    await using server = await startTestServer()
    const answer = await sendRaw(server.url, bytes)
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(answer).toContain("application/problem+json")
    expect(answer).toContain(detail)
  })

  it("in front of a fleet - counts requests for all servers together", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    const start = async () => {
      const producer = await fleet.producer()
      return startTestServer({ labeller: producer, others: [], options: { rateLimit: 3 } })
    }
    await using one = await start()
    await using other = await start()
    const statuses: number[] = []
    for (const { url } of [one, other, one, other]) statuses.push((await fetch(`${url}/v1/model`)).status)
    expect(statuses).toEqual([200, 200, 200, 429])
  })
})

describe("GET /metrics", () => {
  it("counts requests by route and status, refusals by code, and texts", async () => {
    await using server = await startTestServer({ options: { maxTexts: 2 } })
    await postJson(`${server.url}/v1/label`, { texts: ["a", "b"] })
    await postJson(`${server.url}/v1/label`, { texts: ["a", "b", "c"] })
    await fetch(`${server.url}/nothing`)
    server.events.emit("tokenised", { texts: 7, ms: 1 })
    const answer = await fetch(`${server.url}/metrics`)
    expect(answer.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/)
    const text = await answer.text()
    for (const line of [
      'valence_http_requests_total{route="/v1/label",status="200"} 1',
      'valence_http_requests_total{route="/v1/label",status="413"} 1',
      'valence_http_requests_total{route="none",status="404"} 1',
      'valence_http_request_seconds_count{route="/v1/label"} 2',
      'valence_http_refused_total{code="too_large"} 1',
      'valence_http_refused_total{code="not_found"} 1',
      "valence_http_texts_total 2",
      "valence_http_texts_under_way 0",
      "valence_tokenised_texts_total 7",
      "valence_server_ready 1",
    ])
      expect(text).toContain(`${line}\n`)
  })
})
