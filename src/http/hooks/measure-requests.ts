import type { FastifyInstance } from "fastify"
import type { ServerMetrics } from "../../metrics/create-server-metrics.ts"
import { guarded } from "../guarded.ts"
import { problemOf } from "../problem.ts"

/** What an answer has that nobody got. */
const clientClosed = 499

/** Counts requests as they end, and those that are refused. */
export function measureRequests(app: FastifyInstance, metrics: ServerMetrics): void {
  app.addHook("onRequest", async (request, reply) => {
    const startedMs = performance.now()
    const count = () => {
      const route = request.routeOptions.url ?? "none"
      const status = reply.raw.writableFinished ? reply.statusCode : clientClosed
      metrics.request(route, status, (performance.now() - startedMs) / 1000)
    }
    reply.raw.once("close", guarded(request.log, count))
  })
  app.addHook("onError", async (_request, _reply, error) => metrics.refused(problemOf(error).code))
}
