import { expect, it } from "vitest"
import { RedisHealth } from "../../../src/queue/jobs/redis-health.ts"
import { redisTimeMs } from "../../../src/queue/redis/adapt-scripts.ts"
import { PatientWorker } from "../../../src/queue/worker/patient-worker.ts"
import { skew } from "../skew.ts"
import { TestFleet } from "../test-fleet.ts"

it("PatientWorker by a clock that is behind - looks for a delayed job long before it is due by that clock", async () => {
  await using fleet = await TestFleet.open()
  using health = new RedisHealth(fleet.queues)
  const place = { connection: fleet.redis, prefix: fleet.keyPrefix, autorun: false }
  const worker = new PatientWorker("jobs", async () => {}, place, health)
  const seconds = (dueMs: number) =>
    (worker as unknown as { getBlockTimeout(dueMs: number): number }).getBlockTimeout(dueMs)
  const dueMs = (await redisTimeMs(fleet.redis)) + 500
  skew(-7_200_000)
  expect(seconds(dueMs)).toBeLessThanOrEqual(1)
  // Nothing is delayed: it is woken by the next job.
  expect(seconds(0)).toBeGreaterThan(1)
  await worker.close()
})
