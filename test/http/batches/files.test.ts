import { Readable } from "node:stream"
import { expect, it } from "vitest"
import { Files } from "../../../src/http/batches/files.ts"
import type { RedisConnection } from "../../../src/queue/open-redis.ts"

it("a Redis that refuses a part of a file - redis_failed, and why; what was written is removed", async () => {
  const removed: string[] = []
  const transaction = {
    hset: () => transaction,
    expire: () => transaction,
    exec: async () => {
      throw new Error("OOM command not allowed when used memory > 'maxmemory'")
    },
  }
  const redis = {
    hvals: async () => [],
    hdel: async () => 0,
    unlink: async (key: string) => removed.push(key),
    multi: () => transaction,
  } as unknown as RedisConnection
  const files = new Files(redis, "{test}", { maxFileBytes: 100, maxStoredBytes: 100, keepFileSeconds: 60 })
  const written = files.write(Readable.from([Buffer.from("a")]), new AbortController().signal)
  await expect(written).rejects.toMatchObject({
    code: "redis_failed",
    message: "Redis must take the file; got OOM command not allowed when used memory > 'maxmemory'",
  })
  expect(removed).toEqual([expect.stringMatching(/^\{test\}:http:file:file-[\da-f]{32}$/)])
})
