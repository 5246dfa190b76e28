import rateLimit from "@fastify/rate-limit"
import type { FastifyInstance } from "fastify"
import { keysOf } from "../../queue/jobs/names.ts"
import type { ServerContext } from "../server-context.ts"

/** Bounds the requests of a key, or where there are none of an address; in front of a fleet, those to all of its servers together. */
export async function limitRate(
  app: FastifyInstance,
  { settings, producer }: Pick<ServerContext, "settings" | "producer">,
): Promise<void> {
  if (settings.rateLimit === undefined) return
  await app.register(rateLimit, {
    max: settings.rateLimit,
    timeWindow: "1 minute",
    keyGenerator: request => request.keyName || request.ip,
    // Where Redis is away nobody counts: a request should fail of what it asks for, not of being counted.
    allowList: request =>
      request.routeOptions.config.open === true || (producer !== undefined && producer.redis.status !== "ready"),
    ...(producer && { redis: producer.redis, nameSpace: keysOf(producer.keyPrefix).rateLimit }),
  })
}
