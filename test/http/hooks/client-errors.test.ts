import { once } from "node:events"
import { connect, type Socket } from "node:net"
import { afterAll, beforeAll, expect, it } from "vitest"
import { startTestServer, type TestServer } from "../test-server.ts"

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

/** A connection that its client closes only when it is told to, and the server's end of it. */
async function open() {
  const accepted = once(server.http, "connection")
  const client = connect({ port: Number(new URL(server.url).port), host: "127.0.0.1", allowHalfOpen: true })
  client.on("error", () => {})
  const [ofServer] = (await accepted) as [Socket]
  let answer = ""
  client.setEncoding("latin1").on("data", data => {
    answer += data
  })
  return { client, ofServer, answer: () => answer }
}

it("no HTTP, from a client that does not close - 400, and the connection is let go", async () => {
  const { client, ofServer, answer } = await open()
  const closed = once(ofServer, "close")
  client.write("GARBAGE \u0001\r\n\r\n")
  await once(client, "end")
  await closed
  expect(answer()).toMatch(/^HTTP\/1\.1 400 [\s\S]*"code":"request_invalid"\}$/)
  client.destroy()
})

it.each([
  ["no HTTP", "zz\r\n"],
  ["the end of a connection", undefined],
])("%s in the middle of an answer - the answer breaks off, and nothing is put into it", async (_, rest) => {
  const { client, ofServer, answer } = await open()
  const row = `${"good film ".repeat(10)}\n`.repeat(5000)
  const headers = "host: x\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked"
  client.write(`POST /v1/corpus HTTP/1.1\r\n${headers}\r\n\r\n${row.length.toString(16)}\r\n${row}\r\n`)
  await once(client, "data")
  const closed = once(ofServer, "close")
  const ended = new Promise(resolve => client.once("end", resolve).once("close", resolve))
  if (rest === undefined) client.end()
  else client.write(rest)
  await closed
  await ended
  expect(answer()).toMatch(/^HTTP\/1\.1 200 /)
  expect(answer().match(/HTTP\/1\.1/g)).toHaveLength(1)
  expect(answer()).not.toMatch(/\r\n0\r\n/)
  client.destroy()
})
