import type { Redis } from "ioredis"
import { asError, ValenceError } from "../../errors.ts"
import type { RedisConnection } from "./connection.ts"

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
    // ioredis would subscribe again by itself, and what that rejects with, if the connection is closed in between, would
    // reach no one and end the process. A Cluster's catches it.
    const { options } = connection as Redis
    options.autoResubscribe = false
    connection.on("ready", () => {
      connection.subscribe(channel).catch(() => {})
    })
  }
  try {
    await connection.subscribe(channel)
  } catch (cause) {
    const rule = `Redis must let its user listen to the channel ${channel}`
    throw new ValenceError("redis_failed", `${rule}; got ${asError(cause).message}`, { cause })
  }
}
