import rateLimit from "@fastify/rate-limit"
import type { FastifyInstance } from "fastify"
import { keysOf } from "../../queue/jobs/names.ts"
import type { ServerContext } from "../server-context.ts"

/** Bounds the requests per key, or per address if no keys are set; with a fleet, for all of its servers together. */
export async function limitRate(
  app: FastifyInstance,
  { settings, producer }: Pick<ServerContext, "settings" | "producer">,
): Promise<void> {
  if (settings.rateLimit === undefined) return
  await app.register(rateLimit, {
    max: settings.rateLimit,
    timeWindow: "1 minute",
    keyGenerator: request => request.keyName || request.ip,
    // Do not count while Redis is away: a request should fail because of its work, not because of counting.
    allowList: request =>
      request.routeOptions.config.open === true || (producer !== undefined && producer.redis.status !== "ready"),
    ...(producer && { redis: producer.redis, nameSpace: keysOf(producer.keyPrefix).rateLimit }),
  })
}
