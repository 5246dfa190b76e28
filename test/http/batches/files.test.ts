import { Readable } from "node:stream"
import { expect, it } from "vitest"
import { Files } from "../../../src/http/batches/files.ts"
import type { RedisConnection } from "../../../src/queue/redis/connection.ts"

/** A Redis that takes everything, and has no files. */
function emptyRedis(): RedisConnection {
  const transaction = { hset: () => transaction, expire: () => transaction, exec: async () => [] }
  return {
    hvals: async () => [],
    time: async () => ["0", "0"],
    hdel: async () => 0,
    hset: async () => 1,
    pexpireat: async () => 1,
    unlink: async () => 1,
    multi: () => transaction,
  } as unknown as RedisConnection
}

it("files that are written at the same time - have at most maxStoredBytes together, and leave their room when they are dropped", async () => {
  const files = new Files(emptyRedis(), "{test}", { maxFileBytes: 100, maxStoredBytes: 100, keepFileSeconds: 60 })
  const { signal } = new AbortController()
  const write = (bytes: number) => files.write(Readable.from([Buffer.alloc(bytes)]), signal)
  const one = await write(60)
  await expect(write(60)).rejects.toMatchObject({
    statusCode: 413,
    message: expect.stringContaining("maxStoredBytes"),
  })
  await write(40)
  await files.drop(one.id)
  const other = await write(60)
  // From now on Redis counts it.
  await files.add(other, { owner: "", filename: "a", purpose: "batch" })
  await write(60)
})

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
    time: async () => ["0", "0"],
    hdel: async () => 0,
    unlink: async (key: string) => removed.push(key),
    multi: () => transaction,
  } as unknown as RedisConnection
  const files = new Files(redis, "{test}", { maxFileBytes: 100, maxStoredBytes: 100, keepFileSeconds: 60 })
  const written = files.write(Readable.from([Buffer.from("a")]), new AbortController().signal)
  await expect(written).rejects.toMatchObject({
    code: "redis_failed",
    message: "Redis refused the file: OOM command not allowed when used memory > 'maxmemory'",
  })
  expect(removed).toEqual([expect.stringMatching(/^\{test\}:http:file:file-[\da-f]{32}$/)])
})
