import { gzipSync } from "node:zlib"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { startTestServer, type TestServer } from "../test-server.ts"

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ options: { maxBodyBytes: 100_000 } })
})
afterAll(() => server.close())

async function post(path: string, body: Buffer, headers: Readonly<Record<string, string>> = {}) {
  const response = await fetch(server.url + path, {
    method: "POST",
    body: new Uint8Array(body),
    headers: { "content-type": "application/json", ...headers },
  })
  return { status: response.status, headers: response.headers, body: await response.text() }
}

const label = (body: Buffer, headers?: Readonly<Record<string, string>>) => post("/v1/label", body, headers)
const good = Buffer.from('{"text":"good"}')

/** Every route that takes JSON, with a body of its own in which `TEXT` stands for the text. */
const bodies = [
  ["/v1/label", '{"text":"TEXT"}'],
  ["/v1/explain", '{"text":"TEXT"}'],
  ["/v1/jobs", '{"text":"TEXT"}'],
  ["/predict", '{"inputs":"TEXT"}'],
  ["/classify", '{"input":"TEXT"}'],
  ["/v1/classify", '{"input":"TEXT"}'],
  ["/", '{"inputs":"TEXT"}'],
] as const

describe("a JSON body", () => {
  it.each(bodies)("%s, in Latin-1 - 400, and no letter is replaced", async (path, body) => {
    const answer = await post(path, Buffer.from(body.replace("TEXT", "caf\u00e9 awful"), "latin1"))
    expect(answer.status).toBe(400)
    expect(answer.body).toContain("must be in UTF-8; it has bytes that are not")
  })

  it.each(["ISO-8859-1", '"utf-16"', "windows-1252"])("charset %s - 415", async charset => {
    const answer = await label(good, { "content-type": `application/json; charset=${charset}` })
    expect(answer.status).toBe(415)
    expect(answer.body).toContain(`must be in UTF-8; got charset ${charset.replaceAll('"', "")}`)
  })

  it.each(["utf-8", '"UTF-8"', "utf8"])("charset %s - 200", async charset => {
    expect((await label(good, { "content-type": `application/json; charset=${charset}` })).status).toBe(200)
  })

  it.each(bodies)("%s, with more values than any request needs - 413, before it is parsed", async (path, body) => {
    const many = Buffer.from(body.replace("{", `{"more":[${"1,".repeat(30_000)}1],`))
    expect((await post(path, many)).status).toBe(413)
  })

  it("a byte order mark before it - 200", async () => {
    expect((await label(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), good]))).status).toBe(200)
  })
})

describe("Content-Encoding", () => {
  const gzip = { "content-encoding": "gzip" }

  it("gzip - is unpacked", async () => {
    const { status, body } = await label(gzipSync(good), gzip)
    expect({ status, results: JSON.parse(body).results }).toMatchObject({
      status: 200,
      results: [{ label: "POSITIVE" }],
    })
  })

  it("gzip that is larger than a body may be when it is unpacked - 413", async () => {
    const bomb = gzipSync(Buffer.from(`{"text":"${"good ".repeat(1_000_000)}"}`))
    expect(bomb.length).toBeLessThan(10_000)
    expect((await label(bomb, gzip)).status).toBe(413)
  })

  it.each([
    ["no gzip", good],
    ["cut", gzipSync(good).subarray(0, 20)],
  ])("gzip that is %s - 400", async (_, body) => {
    const answer = await label(body, gzip)
    expect(answer.status).toBe(400)
    expect(answer.body).toContain("a body with Content-Encoding: gzip must be gzip")
  })

  it("another encoding - 415, and which may be sent", async () => {
    const answer = await label(good, { "content-encoding": "br" })
    expect({ status: answer.status, accept: answer.headers.get("accept-encoding") }).toEqual({
      status: 415,
      accept: "gzip, identity",
    })
    expect(answer.body).toContain("Content-Encoding must be gzip or identity; got br")
  })
})
