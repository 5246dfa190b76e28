import type { FastifyInstance } from "fastify"

/** Lets a request say that it has JSON and have nothing, as Python's clients do when they delete or cancel. */
export function acceptEmptyJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser("error", "error")
  app.removeContentTypeParser("application/json")
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body === "") done(null, undefined)
    else parse(request, String(body), done)
  })
}
