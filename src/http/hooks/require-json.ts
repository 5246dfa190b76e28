import type { FastifyInstance } from "fastify"
import { RequestError } from "../problem.ts"
import { readJsonBodies } from "./json-bodies.ts"
import { mostValues } from "./require-few-values.ts"

/** Bodies are JSON unless a route says otherwise; any other media type is refused in words (415). */
export function requireJson(app: FastifyInstance, maxTexts: number): void {
  readJsonBodies(app, { mayBeEmpty: false, mostValues: mostValues(maxTexts) })
  app.removeContentTypeParser("text/plain")
  app.addContentTypeParser("*", ({ headers }, _, done) => {
    const got = headers["content-type"] ?? "none"
    done(new RequestError(415, `Content-Type must be application/json; got ${got}`))
  })
}
