import { Worker } from "bullmq"
import { expect, it } from "vitest"
import { openRedis } from "../../../src/queue/redis/open-redis.ts"
import { closeWorker } from "../../../src/queue/worker/close-worker.ts"
import { findRedisBinary } from "../../redis/find-redis-binary.ts"
import { startRedisServer } from "../../redis/redis-server.ts"
import { eventually } from "../test-fleet.ts"

it.skipIf(!findRedisBinary())(
  "closeWorker() while Redis is away - returns, and the worker does not connect when Redis is back",
  async () => {
    await using server = await startRedisServer()
    const redis = await openRedis(server.url, 5000)
    const worker = new Worker("jobs", async () => {}, { connection: redis, prefix: "{test}" })
    worker.on("error", () => {})
    await worker.waitUntilReady()
    const waiting = await worker.getBackend().blockingClient
    await server.kill()
    await eventually(() => waiting?.status === "reconnecting" && redis.status !== "ready")
    await closeWorker(worker, redis, 60_000)
    await server.restart()
    expect(waiting?.status).toBe("end")
    expect(String(await redis.client("LIST"))).not.toContain(" name={test}:")
    redis.disconnect()
  },
)
