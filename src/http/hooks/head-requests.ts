import { Readable } from "node:stream"
import type { FastifyInstance } from "fastify"

/**
 * Ends the stream of an answer to HEAD, which has no body. Fastify would read it to its end: a file for nothing, and events for ever.
 * Called before routes are added.
 */
export function endStreamsOfHeads(app: FastifyInstance): void {
  app.addHook("onSend", async ({ method }, _, payload) => {
    // Fastify then sends the headers alone.
    if (method === "HEAD" && payload instanceof Readable) payload.destroy()
    return payload
  })
}
