import { rmSync } from "node:fs"
import type { Redis } from "ioredis"
import { describe, expect, it } from "vitest"
import type { WorkerEvents } from "../../src/events.ts"
import { WorkerEmitter } from "../../src/events.ts"
import { closeRedis, openRedis } from "../../src/queue/redis/open-redis.ts"
import { describeTrouble } from "../../src/queue/redis/refusal.ts"
import { createWorker } from "../../src/worker/create-worker.ts"
import { plainLabeller } from "../corpus/plain-labeller.ts"
import { eventually, TestFleet } from "../queue/test-fleet.ts"
import { findRedisBinary } from "../redis/find-redis-binary.ts"
import { type RedisServer, startRedisServer } from "../redis/redis-server.ts"

/** A way to have a Redis refuse what takes or adds a job, and to have it end. */
interface RefusalKind {
  readonly code: string
  /** What Redis says, as it is reported. */
  readonly reason: string | RegExp
  begin(admin: Redis, server: RedisServer): Promise<unknown>
  end(admin: Redis): Promise<unknown>
}

const kinds: readonly RefusalKind[] = [
  {
    code: "READONLY",
    reason: "READONLY You can't write against a read only replica",
    begin: admin => admin.replicaof("127.0.0.1", 1),
    end: admin => admin.replicaof("NO", "ONE"),
  },
  {
    code: "OOM",
    reason: "OOM command not allowed when used memory > 'maxmemory'",
    begin: admin => admin.config("SET", "maxmemory", 1),
    end: admin => admin.config("SET", "maxmemory", 0),
  },
  {
    code: "MISCONF",
    reason: /^MISCONF .* unable to persist /,
    async begin(admin, { folder }) {
      await admin.config("SET", "save", "3600 1")
      rmSync(folder, { recursive: true })
      await admin.bgsave().catch(() => {})
      await eventually(async () => (await admin.info("persistence")).includes("rdb_last_bgsave_status:err"))
    },
    end: admin => admin.config("SET", "save", ""),
  },
  {
    code: "NOPERM",
    reason: /^NOPERM .* 'eval/,
    begin: admin => admin.call("ACL", "SETUSER", "default", "-@scripting"),
    end: admin => admin.call("ACL", "SETUSER", "default", "+@all"),
  },
]

const matching = (prefix: string, reason: string | RegExp) =>
  expect.stringMatching(
    typeof reason === "string" ? `^${prefix}${reason}` : RegExp(reason.source.replace("^", `^${prefix}`)),
  )

describe.skipIf(!findRedisBinary())("a Redis that refuses jobs", () => {
  it.each(kinds)("$code - the worker says so once, is not ready, and is ready again by itself", async kind => {
    await using server = await startRedisServer()
    const admin = (await openRedis(server.url, 60_000)) as Redis
    await using fleet = await TestFleet.open(server.url)
    const said: string[] = []
    const events = new WorkerEmitter()
    events.on("redisAway", trouble => said.push(describeTrouble(trouble)))
    events.on("redisBack", () => said.push("back"))
    const worker = await fleet.worker({ events })
    expect(await worker.problem()).toBeUndefined()
    await kind.begin(admin, server)
    await eventually(async () => (await worker.problem()) !== undefined)
    expect([worker.ready, worker.state]).toEqual([false, matching("redis refuses jobs: ", kind.reason)])
    // It asks again, and again.
    await new Promise(resolve => setTimeout(resolve, 1500))
    expect(said).toEqual([matching("redis refuses jobs: ", kind.reason)])
    await kind.end(admin)
    await eventually(() => worker.ready)
    await eventually(() => said.length === 2)
    expect(said[1]).toBe("back")
    const producer = await fleet.producer()
    expect(await producer.label(["ab"])).toEqual(await plainLabeller().label(["ab"]))
    await closeRedis(admin)
  })

  it.each(kinds.filter(({ code }) => code !== "NOPERM"))(
    "$code - the producer waits for it, and says so",
    async kind => {
      await using server = await startRedisServer()
      const admin = (await openRedis(server.url, 60_000)) as Redis
      await using fleet = await TestFleet.open(server.url)
      await fleet.worker()
      const said: string[] = []
      const producer = await fleet.producer({ onNotice: line => said.push(line) })
      expect(await producer.label(["ab"])).toHaveLength(1)
      await kind.begin(admin, server)
      await expect(producer.label(["abc"], { timeoutMs: 300 })).rejects.toMatchObject({
        code: "timeout",
        message: matching(
          String.raw`label\(\) must end within 300 ms \(timeoutMs\); redis refuses jobs: `,
          kind.reason,
        ),
      })
      const labelling = producer.label(["abcd"])
      const labellingMany = producer.label(["a", "b"], { lane: "bulk", id: "many" })
      await eventually(() => said.length === 1)
      await kind.end(admin)
      expect(await labelling).toEqual(await plainLabeller().label(["abcd"]))
      expect(await labellingMany).toHaveLength(2)
      await eventually(() => said.length === 2)
      expect(said).toEqual([
        matching("redis refuses jobs: ", kind.reason),
        expect.stringMatching(/^redis is back after /),
      ])
      // No one waits for the call whose time had passed. A former master's commands are sent again by ioredis, wanted or not.
      const labelled = () => fleet.ended.flatMap(({ outcome, texts }) => (outcome === "completed" ? texts : []))
      await eventually(() => labelled().length >= 3)
      if (kind.code !== "READONLY") expect(labelled().sort()).toEqual([1, 1, 2])
      await closeRedis(admin)
    },
  )

  it("NOPERM - the producer rejects at once, with Redis's reason", async () => {
    await using server = await startRedisServer()
    const admin = (await openRedis(server.url, 60_000)) as Redis
    await using fleet = await TestFleet.open(server.url)
    await fleet.worker()
    const producer = await fleet.producer()
    await admin.call("ACL", "SETUSER", "default", "-@scripting")
    await expect(producer.label(["ab"])).rejects.toMatchObject({
      code: "redis_failed",
      message: expect.stringMatching(/NOPERM/),
    })
    await admin.call("ACL", "SETUSER", "default", "+@all")
    await closeRedis(admin)
  })
})

describe.skipIf(!findRedisBinary())("createWorker()", () => {
  it("scripts are forbidden - redis_invalid", async () => {
    await using server = await startRedisServer({
      args: ["--rename-command", "EVAL", "", "--rename-command", "EVALSHA", ""],
    })
    await expect(createWorker({ labeller: plainLabeller(), redis: server.url })).rejects.toMatchObject({
      code: "redis_invalid",
      message: expect.stringMatching(
        /^Redis must let its user run the scripts of BullMQ; got ERR unknown command 'eval/,
      ),
    })
  })

  it("Redis is read-only for now - starts, is not ready, and is when Redis is", async () => {
    await using server = await startRedisServer()
    const admin = (await openRedis(server.url, 60_000)) as Redis
    await admin.replicaof("127.0.0.1", 1)
    const told: WorkerEvents["redisAway"][0][] = []
    const events = new WorkerEmitter()
    events.on("redisAway", trouble => told.push(trouble))
    await using worker = await createWorker({ labeller: plainLabeller(), redis: server.url, events })
    expect(worker.ready).toBe(false)
    expect(told).toMatchObject([{ refuses: true }])
    await admin.replicaof("NO", "ONE")
    await eventually(() => worker.ready)
    await closeRedis(admin)
  })
})
