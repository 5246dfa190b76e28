import type { FastifyInstance } from "fastify"
import { readJson } from "./json-bodies.ts"
import { RequestError } from "./problem.ts"

/** Bodies are JSON unless a route says otherwise; any other media type is refused in words (415). */
export function requireJson(app: FastifyInstance): void {
  readJson(app, { mayBeEmpty: false })
  app.removeContentTypeParser("text/plain")
  app.addContentTypeParser("*", ({ headers, is404 }, _, done) => {
    const got = headers["content-type"] ?? "none"
    // That there is no such route says more.
    done(is404 ? null : new RequestError(415, `Content-Type must be application/json; got ${got}`))
  })
}
