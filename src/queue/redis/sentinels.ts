import type { Redis } from "ioredis"

/** What ioredis has to find a master through Sentinels, as far as it is needed here. */
interface SentinelConnector {
  connectToSentinel(...how: unknown[]): Redis
  failoverDetector: { cleanup(): void } | null
}

/**
 * Keeps ioredis's watch over Sentinels from doing harm. A Sentinel that is away is no news as long as another one answers,
 * but ioredis would print it; and a Sentinel's word of a new master, when ioredis is already asking for it, would end the
 * connection for good.
 */
export function mindSentinels(redis: Redis): void {
  if (!redis.options.sentinels) return
  const { connector } = redis as unknown as { readonly connector: SentinelConnector }
  const connect = connector.connectToSentinel.bind(connector)
  connector.connectToSentinel = (...how) => connect(...how).on("error", () => {})
  redis.on("close", () => connector.failoverDetector?.cleanup())
}
