import type { FastifyInstance } from "fastify"
import { fleetMetrics } from "../../metrics/fleet-metrics.ts"
import { fleetLook } from "../../queue/status/scale-signal.ts"
import { problems } from "../schemas.ts"
import type { ServerContext } from "../server-context.ts"

/** `GET /metrics`: Prometheus' text format. Asks for a key like the rest, which Prometheus sends as a bearer token. */
export function addMetrics(app: FastifyInstance, { metrics, readiness, watch, settings }: ServerContext): void {
  const schema = {
    tags: ["Health"],
    operationId: "getMetrics",
    summary: "Metrics, as Prometheus reads them",
    response: {
      200: { description: "Metrics", content: { "text/plain": { schema: { type: "string" } } } },
      ...problems(401, 429),
    },
  }
  app.get("/metrics", { schema }, async (_, reply) => {
    const ready = (await readiness.problem()) === undefined
    const fleet = watch ? await fleetMetrics(async () => fleetLook(await watch.look(), settings)) : ""
    return reply.type(metrics.contentType).send((await metrics.text(ready)) + fleet)
  })
}
