import type { Redis } from "ioredis"
import type { RedisConnection } from "./open-redis.ts"

/**
 * Listens to a channel, also after Redis was away; returns when it listens.
 *
 * @param connection - does nothing else from now on
 */
export async function listen(
  connection: RedisConnection,
  channel: string,
  onMessage: (message: string) => void,
): Promise<void> {
  connection.on("message", (_channel: string, message: string) => onMessage(message))
  if (!connection.isCluster) {
    // ioredis would subscribe again by itself, and what that rejects with, where the connection is closed in between, would
    // reach nobody and end the process. A Cluster's catches it.
    const { options } = connection as Redis
    options.autoResubscribe = false
    connection.on("ready", () => {
      connection.subscribe(channel).catch(() => {})
    })
  }
  await connection.subscribe(channel)
}
