import type { TestProject } from "vitest/node"
import { installPackage } from "../install-package.ts"
import { findRedisBinary } from "./find-redis-binary.ts"
import { namedRedis } from "./named-redis.ts"
import { startRedisServer } from "./redis-server.ts"
import { openTestRedis, type TestRedis } from "./test-redis.ts"

declare module "vitest" {
  export interface ProvidedContext {
    /** The Redis that tests share; each has its own random key prefix, and none empties or stops it. */
    redisUrl: string
  }
}

/** Opens the Redis that is shared: the first that is to be had. */
export function openSharedRedis(): Promise<TestRedis> {
  return openTestRedis({
    named: () => namedRedis(process.env["REDIS_URL"]),
    installed: startInstalledRedis,
    contained: async () => (await import("./redis-container.ts")).startRedisContainer("redis:7-alpine"),
    install: () => installPackage("redis-server"),
  })
}

/** Opens the Redis that tests share, and gives its URL to `inject("redisUrl")`. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const redis = await openSharedRedis()
  console.log(`Redis of the tests: ${redis.origin}`)
  project.provide("redisUrl", redis.url)
  return () => redis.stop()
}

async function startInstalledRedis(): Promise<TestRedis | undefined> {
  const binary = findRedisBinary()
  if (!binary) return undefined
  const server = await startRedisServer({ binary })
  return { url: server.url, origin: `${binary} at ${server.url}`, stop: () => server.stop() }
}
