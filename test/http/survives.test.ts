import { once } from "node:events"
import { request } from "node:http"
import { connect } from "node:net"
import { constants, createGzip } from "node:zlib"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Running, startValence, toBeTrue } from "../cli/run-valence.ts"

/*
 * A server as a process of its own: what no handler catches would end it, not the test.
 */

const bodyTimeoutMs = 700

let running: Running
let url = ""
let log = ""
beforeAll(async () => {
  running = startValence(
    "/tmp",
    ...["serve", "--port", "0", "--model", "afinn-111", "--body-timeout-ms", String(bodyTimeoutMs)],
  )
  running.child.stderr?.on("data", data => {
    log += String(data)
  })
  await toBeTrue(() => /ready: \S+/.test(log) || running.child.exitCode !== null)
  url = /ready: (\S+)/.exec(log)?.[1] ?? ""
})
afterAll(async () => {
  running.child.kill("SIGTERM")
  expect(await running.ended).toMatchObject({ code: 0 })
})

/** Sends a corpus part by part; gives what is answered, or `closed`. */
async function send(type: string, parts: readonly (string | Buffer)[], headers = "", end = true): Promise<string> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1")
  let answer = ""
  socket.setEncoding("latin1").on("data", data => {
    answer += data
  })
  socket.on("error", () => {})
  const closed = once(socket, "close")
  socket.write(
    `POST /v1/corpus HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: ${type}\r\n${headers}transfer-encoding: chunked\r\n\r\n`,
  )
  for (const part of parts) {
    socket.write(`${Buffer.byteLength(part).toString(16)}\r\n`)
    socket.write(part)
    socket.write("\r\n")
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  if (end && socket.writable) socket.write("0\r\n\r\n")
  await closed
  return answer
}

async function expectAlive(): Promise<void> {
  expect((await fetch(`${url}/livez`)).status).toBe(200)
  expect([running.child.exitCode, running.child.signalCode]).toEqual([null, null])
  expect(log).not.toContain("no handler caught")
}

const row = '{"text":"good"}\n'
const jsonl = "application/jsonl"
const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`

/** Good gzip that does not end, and what a client sends after it. */
async function gzipThen(text: string, more: string | Buffer): Promise<Buffer[]> {
  const gzip = createGzip()
  gzip.write(text)
  await new Promise<void>(resolve => gzip.flush(constants.Z_SYNC_FLUSH, resolve))
  return [gzip.read() as Buffer, Buffer.from(more)]
}

describe("POST /v1/corpus that fails before its first line", () => {
  it.each([
    ["JSON Lines", jsonl, row],
    ["CSV", "text/csv", "text\ngood\n"],
    ["half of a header", "text/csv", "te"],
    ["nothing", jsonl, ""],
  ])("%s, then silence - 408, and the server lives", async (_, type, sent) => {
    expect(await send(type, sent === "" ? [] : [sent], "", false)).toMatch(/HTTP\/1\.1 (408|200) /)
    await expectAlive()
  })

  it("200 kB, then silence - the answer breaks off, and the server lives", async () => {
    expect(await send(jsonl, [row.repeat(15_000)], "", false)).not.toMatch(/\r\n0\r\n/)
    await expectAlive()
  })

  it.each([
    ["garbage", Buffer.alloc(1000, 0xff)],
    ["nothing", ""],
  ])("gzip, then %s - 400 or 408, and the server lives", async (_, more) => {
    const parts = (await gzipThen(row.repeat(3), more)).filter(part => part.length > 0)
    const headers = "content-encoding: gzip\r\n"
    expect(await send(jsonl, parts, headers)).toMatch(/^HTTP\/1\.1 400 /)
    expect(await send(jsonl, [Buffer.concat(parts)], headers)).toMatch(/^HTTP\/1\.1 400 /)
    expect(await send(jsonl, parts, headers, false)).toMatch(/^HTTP\/1\.1 40[08] /)
    await expectAlive()
  })

  it("a client that goes, before a line and after some - the server lives", async () => {
    for (const parts of [[row], [row.repeat(20_000)], ['{"text":']]) {
      const sent = request(`${url}/v1/corpus`, { method: "POST", headers: { "content-type": jsonl } })
      sent.on("error", () => {})
      for (const part of parts) sent.write(part)
      await new Promise(resolve => setTimeout(resolve, 50))
      sent.destroy()
    }
    await expectAlive()
  })
})

describe("rows whose values cannot be shown", () => {
  it.each([
    ["an object whose toString is no function", '{"toString":1,"valueOf":1}'],
    ["a list nested 5,000 deep", nested(5000)],
    ["a list nested 20,000 deep", nested(20_000)],
    ["objects nested 20,000 deep", `${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`],
    ["__proto__", '{"__proto__":{"toString":1}}'],
    ["a million items", `[${"1,".repeat(1_000_000)}1]`],
  ])("%s - is answered with its error, between its neighbours", async (_, value) => {
    const answer = await fetch(`${url}/v1/corpus`, {
      method: "POST",
      headers: { "content-type": jsonl },
      body: `${row}{"text":${value}}\n${row}`,
    })
    const lines = (await answer.text()).trim().split("\n")
    expect([answer.status, lines.length]).toEqual([200, 3])
    expect(lines[0]).toContain('"label":"POSITIVE"')
    expect(lines[1]?.slice(-200)).toMatch(
      /"code":"row_invalid","message":"(field \\"text\\" must be a string; got a|has more than 20000 values)/,
    )
    expect(lines[2]).toContain('"label":"POSITIVE"')
    await expectAlive()
  })

  it.each(["/v1/label", "/v1/explain", "/predict", "/classify", "/", "/v1/jobs", "/v1/batches"])(
    "%s - is refused in words",
    async path => {
      for (const value of ['{"toString":1,"valueOf":1}', nested(20_000)])
        for (const name of ["text", "texts", "inputs", "input", "model", "topK", value.slice(0, 5)]) {
          const body = `{${JSON.stringify(name)}:${value}}`
          const answer = await fetch(url + path, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body,
          })
          expect(answer.status).toBeGreaterThanOrEqual(400)
          expect(answer.status).toBeLessThan(500)
          await answer.text()
        }
      await expectAlive()
    },
  )
})
