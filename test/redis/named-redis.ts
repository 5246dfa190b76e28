import type { TestRedis } from "./test-redis.ts"

const connectTimeoutMs = 30_000

/**
 * The Redis that REDIS_URL names, if it is set; tests use it as it is, and leave it running.
 *
 * @throws Error where it does not answer: the tests would wait for it one by one
 */
export async function namedRedis(url: string | undefined): Promise<TestRedis | undefined> {
  if (!url) return undefined
  const { Redis } = await import("ioredis")
  const redis = new Redis(url, { lazyConnect: true, connectTimeout: connectTimeoutMs, retryStrategy: null })
  // What the promise rejects with says less: "Connection is closed".
  let reason = ""
  redis.on("error", (error: Error) => {
    reason = error.message
  })
  try {
    await redis.connect()
    await redis.ping()
  } catch (error) {
    throw new Error(`REDIS_URL must name a Redis that answers; got ${reason || error}`, { cause: error })
  } finally {
    redis.disconnect()
  }
  return { url, origin: "REDIS_URL of the environment", stop: async () => {} }
}
