import { Cluster, Redis } from "ioredis"
import { asError, ValenceError } from "../errors.ts"
import { within } from "../within.ts"
import { readRedisUrl, shownUrl } from "./redis-url.ts"

/** A connection, whatever lies behind it. */
export type RedisConnection = Redis | Cluster

/** Where Redis is: a URL, or a connection of ioredis (Sentinel, Cluster, TLS files, ...), of which copies are made. */
export type RedisTarget = string | RedisConnection

/** Longest time between two attempts to connect. */
const maxRetryMs = 2000

/** Backs off exponentially, with jitter, so that a fleet does not come back all at once. */
const retryStrategy = (times: number) => Math.min(maxRetryMs, 50 * 2 ** Math.min(times, 10)) * (0.5 + Math.random() / 2)

/** What every connection needs: commands wait for Redis to come back, however long that takes. */
const connectionOptions = {
  maxRetriesPerRequest: null,
  enableReadyCheck: true,
  lazyConnect: true,
  retryStrategy,
  // A connection that is let go keeps its process for so long, ms.
  disconnectTimeout: 200,
}

function createConnection(target: RedisTarget): RedisConnection {
  if (typeof target !== "string") {
    const { isCluster } = target
    return isCluster
      ? (target as Cluster).duplicate([], { lazyConnect: true, redisOptions: { maxRetriesPerRequest: null } })
      : (target as Redis).duplicate({ lazyConnect: true, maxRetriesPerRequest: null })
  }
  const address = readRedisUrl(target)
  if (address.kind === "server") return new Redis({ ...address.options, ...connectionOptions })
  const { maxRetriesPerRequest } = connectionOptions
  return new Cluster(address.nodes, {
    lazyConnect: true,
    clusterRetryStrategy: retryStrategy,
    redisOptions: { ...address.options.redisOptions, maxRetriesPerRequest },
  })
}

/** How a target is called in messages; without a password. */
export function nameOf(target: RedisTarget): string {
  if (typeof target === "string") return shownUrl(target)
  return target.isCluster
    ? "the Redis Cluster given"
    : `${(target as Redis).options.host}:${(target as Redis).options.port}`
}

/**
 * Opens a connection that is ready to be used; errors that come later are not thrown: commands wait.
 *
 * @throws ValenceError `redis_failed` where Redis does not answer in time, saying why
 */
export async function openRedis(target: RedisTarget, timeoutMs: number): Promise<RedisConnection> {
  const connection = createConnection(target)
  let lastError: Error | undefined
  connection.on("error", error => {
    lastError = asError(error)
  })
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
  })
  try {
    // The first attempt may fail and the next succeed: what counts is whether Redis answers in time.
    connection.connect().catch((error: unknown) => {
      lastError ??= asError(error)
    })
    await Promise.race([connection.ping(), late])
    return connection
  } catch (error) {
    connection.disconnect()
    const cause = lastError ?? asError(error)
    const message = `redis must answer at ${nameOf(target)}; got ${cause.message || asError(error).message}`
    throw new ValenceError("redis_failed", message, { cause })
  } finally {
    clearTimeout(timer)
  }
}

/** How long Redis may take to say goodbye. */
const quitMs = 1000

/** Lets go of a connection: commands under way get their answer where Redis is there, and answers. */
export async function closeRedis(connection: RedisConnection): Promise<void> {
  if (connection.status === "ready" || connection.status === "connect") await within(quitMs, connection.quit())
  connection.disconnect()
}
