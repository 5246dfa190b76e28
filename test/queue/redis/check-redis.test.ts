import { describe, expect, it } from "vitest"
import { judgeRedis } from "../../../src/queue/redis/check-redis.ts"

const sound = { version: "7.0.15", maxmemoryPolicy: "noeviction", maxmemory: 0, appendOnly: true, save: "" }

describe("judgeRedis()", () => {
  it("a Redis that loses nothing - says nothing", () => {
    expect(judgeRedis(sound)).toEqual([])
  })

  it("a managed Redis that hides its settings - says nothing", () => {
    const hidden = { maxmemoryPolicy: undefined, maxmemory: undefined, appendOnly: undefined, save: undefined }
    expect(judgeRedis({ version: "7.2.0", ...hidden })).toEqual([])
  })

  it.each(["6.0.16", "5.9.9"])("version %s - redis_invalid", version => {
    const message = `Redis must have version 6.2 or newer; got ${version}`
    expect(() => judgeRedis({ ...sound, version })).toThrow(expect.objectContaining({ code: "redis_invalid", message }))
  })

  it("a Redis that evicts - redis_invalid, with the command that mends it", () => {
    expect(() => judgeRedis({ ...sound, maxmemoryPolicy: "allkeys-lru", maxmemory: 1e9 })).toThrow(
      expect.objectContaining({
        code: "redis_invalid",
        message:
          "redis maxmemory-policy must be noeviction, otherwise jobs vanish when memory is short; got allkeys-lru; fix: redis-cli CONFIG SET maxmemory-policy noeviction",
      }),
    )
  })

  it("a Redis that would evict if it had a bound - warns", () => {
    expect(judgeRedis({ ...sound, maxmemoryPolicy: "volatile-lru" })).toEqual([
      expect.stringContaining("maxmemory is not set, so nothing is evicted yet"),
    ])
  })

  it.each([
    [
      "",
      "redis appendonly is off and so are snapshots: jobs are lost when Redis dies; fix: redis-cli CONFIG SET appendonly yes",
    ],
    ["3600 1", "redis appendonly is off: jobs are lost when Redis dies; fix: redis-cli CONFIG SET appendonly yes"],
  ])("no appendonly, save %j - warns", (save, warning) => {
    expect(judgeRedis({ ...sound, appendOnly: false, save })).toEqual([warning])
  })
})
