import type { FastifyInstance } from "fastify"
import type { ServerMetrics } from "../../metrics/create-server-metrics.ts"
import { guarded } from "../guarded.ts"
import { problemOf } from "../problem.ts"

/** The status of an answer that no client received. */
const clientClosed = 499

/** Counts requests as they end, and those that are refused; the log gets a line for each request at level debug. */
export function measureRequests(app: FastifyInstance, metrics: ServerMetrics): void {
  app.addHook("onRequest", async (request, reply) => {
    const startedMs = performance.now()
    const count = () => {
      const route = request.routeOptions.url ?? "none"
      const status = reply.raw.writableFinished ? reply.statusCode : clientClosed
      const ms = performance.now() - startedMs
      metrics.request(route, status, ms / 1000)
      // Without the query, which may hold a text.
      const url = request.url.replace(/\?.*$/s, "")
      const { method } = request
      request.log.debug(
        { event: "request", method, url, route, status, ms },
        `${method} ${url} ${status} in ${ms.toFixed(1)} ms`,
      )
    }
    reply.raw.once("close", guarded(request.log, count))
  })
  // What a hook resolves to would be the error of the hooks after it.
  app.addHook("onError", async (_request, _reply, error) => {
    metrics.refused(problemOf(error).code)
  })
}
