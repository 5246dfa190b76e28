import type { FastifyInstance } from "fastify"

/** Lets a request say that it has JSON and have nothing, as Python's openai client does when it deletes or cancels. */
export function acceptEmptyJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser("error", "error")
  app.removeContentTypeParser("application/json")
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body === "") done(null, undefined)
    else parse(request, String(body), done)
  })
}
