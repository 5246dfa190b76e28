import { tmpdir } from "node:os"
import { Redis } from "ioredis"
import { describe, expect, it } from "vitest"
import { examine } from "../../../src/doctor/examine.ts"
import { createProducer } from "../../../src/producer/create-producer.ts"
import { drainLanes } from "../../../src/queue/drain-lanes.ts"
import { lanes } from "../../../src/queue/jobs/names.ts"
import { openQueues } from "../../../src/queue/open-queues.ts"
import { checkRedis } from "../../../src/queue/redis/check-redis.ts"
import { leastRights } from "../../../src/queue/redis/least-rights.ts"
import { closeRedis, openRedis } from "../../../src/queue/redis/open-redis.ts"
import { queueStatus } from "../../../src/queue/status/queue-status.ts"
import { runValence } from "../../cli/run-valence.ts"
import { findRedisBinary } from "../../redis/find-redis-binary.ts"
import { type RedisServer, startRedisServer } from "../../redis/redis-server.ts"
import { TestFleet } from "../test-fleet.ts"

/** Runs a line of redis-cli as the default user, who may do everything. */
async function command(server: RedisServer, line: string): Promise<void> {
  const redis = new Redis(server.port, "127.0.0.1")
  const [name = "", ...words] = line.split(" ").map(word => word.replaceAll("'", ""))
  await redis.call(name, ...words)
  redis.disconnect()
}

describe.skipIf(findRedisBinary() === undefined)("leastRights()", () => {
  it("suffice for a worker, a producer, the queues and the dead letters", async () => {
    await using server = await startRedisServer()
    await command(server, leastRights("app", "{test-").replace("PASSWORD", "pw"))
    const url = `redis://app:pw@127.0.0.1:${server.port}`
    // Its keys are removed by the default user.
    await using fleet = await TestFleet.open(server.url)
    const { keyPrefix } = fleet
    await fleet.worker({ redis: url })
    await using producer = await createProducer({ redis: url, keyPrefix, workerWaitMs: 60_000 })
    expect(await producer.label(["a", "b"], { lane: "bulk" })).toHaveLength(2)
    expect(await producer.label(["a"])).toHaveLength(1)
    await using open = await openQueues({ redis: url, keyPrefix })
    expect((await queueStatus(open.queues, open.fleet)).workers).toHaveLength(1)
    expect(await open.deadLetters.list(1)).toEqual([])
    expect(await drainLanes(open.queues, lanes)).toBe("empty")
  })

  it.each([
    ["ask for INFO", "+@all -@dangerous"],
    ["read the clock", "+@read +@connection +info"],
  ])("without the right to %s - redis_invalid, with the command that gives it", async (_, rights) => {
    await using server = await startRedisServer()
    await command(server, `ACL SETUSER app on '>pw' '~*' '&*' ${rights}`)
    const redis = await openRedis(`redis://app:pw@127.0.0.1:${server.port}`, 60_000)
    try {
      await expect(checkRedis(redis)).rejects.toMatchObject({
        code: "redis_invalid",
        message: expect.stringContaining(leastRights("app")),
      })
    } finally {
      await closeRedis(redis)
    }
  })

  it.each([
    "+@read +@connection +info",
    "+@all -@admin -@dangerous +info -time",
    "+@all -@admin -@dangerous +info -eval -evalsha",
  ])("valence work of a user with %s - ends with the reason", async rights => {
    await using server = await startRedisServer()
    await command(server, `ACL SETUSER app on '>pw' '~*' '&*' ${rights}`)
    const redis = `redis://app:pw@127.0.0.1:${server.port}`
    const ended = await runValence(tmpdir(), "work", "--model", "afinn-111", "--port", "0", "--redis", redis)
    expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining("NOPERM") })
  })

  it("doctor - shows them for the user of the URL", async () => {
    await using server = await startRedisServer()
    await command(server, "ACL SETUSER app on '>pw' '~*' '&*' +@all")
    const findings = await examine({
      model: "afinn-111",
      dtype: "auto",
      device: "auto",
      children: undefined,
      redis: `redis://app:pw@127.0.0.1:${server.port}`,
      connectTimeoutMs: 60_000,
    })
    expect(findings).toContainEqual(expect.objectContaining({ found: `of user app: ${leastRights("app")}` }))
  })
})
