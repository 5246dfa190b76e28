import { Readable } from "node:stream"
import Fastify from "fastify"
import { expect, it } from "vitest"
import { endStreamsOfHeads } from "../../../src/http/hooks/head-requests.ts"

/** A route whose answer is a stream. */
function appOf(stream: Readable) {
  const app = Fastify()
  endStreamsOfHeads(app)
  app.get("/", async (_, reply) => reply.type("text/plain").header("x-a", "b").send(stream))
  return app
}

it("HEAD of a stream that never ends - its headers, and the stream is let go", async () => {
  let read = 0
  const stream = new Readable({
    read() {
      read++
    },
  })
  const answer = await appOf(stream).inject({ method: "HEAD", url: "/" })
  expect([answer.statusCode, answer.headers["x-a"], answer.body]).toEqual([200, "b", ""])
  expect([stream.destroyed, read]).toEqual([true, 0])
})

it("GET of a stream - all of it", async () => {
  const answer = await appOf(Readable.from(["a", "b"])).inject({ method: "GET", url: "/" })
  expect([answer.statusCode, answer.body]).toEqual([200, "ab"])
})
