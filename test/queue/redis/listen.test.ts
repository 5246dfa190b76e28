import { randomBytes } from "node:crypto"
import type { Redis } from "ioredis"
import { describe, expect, inject, it } from "vitest"
import { listen } from "../../../src/queue/redis/listen.ts"
import { openRedis } from "../../../src/queue/redis/open-redis.ts"
import { eventually } from "../test-fleet.ts"

describe("listen()", () => {
  it("the connection ended, and is back - hears what is said", async () => {
    const channel = `test-${randomBytes(6).toString("hex")}`
    const listener = (await openRedis(inject("redisUrl"), 5000)) as Redis
    const other = (await openRedis(inject("redisUrl"), 5000)) as Redis
    const heard: string[] = []
    const id = await listener.client("ID")
    await listen(listener, channel, message => heard.push(message))
    await other.publish(channel, "before")
    await eventually(() => heard.length === 1)
    await other.client("KILL", "ID", id)
    await eventually(async () => (await other.publish(channel, "after")) > 0)
    await eventually(() => heard.length === 2)
    expect(heard).toEqual(["before", "after"])
    listener.disconnect()
    other.disconnect()
  })
})
