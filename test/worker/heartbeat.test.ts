import { once } from "node:events"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { completeOptions } from "../../src/declaration.ts"
import { WorkerEmitter } from "../../src/events.ts"
import { RedisHealth } from "../../src/queue/jobs/redis-health.ts"
import { Fleet, noticeEveryMs } from "../../src/queue/status/living-fleet.ts"
import { queueStatus } from "../../src/queue/status/queue-status.ts"
import { Capacity } from "../../src/worker/capacity.ts"
import { Heartbeat } from "../../src/worker/heartbeat.ts"
import { workerOptions } from "../../src/worker/options.ts"
import { plainLabeller } from "../corpus/plain-labeller.ts"
import { skew } from "../queue/skew.ts"
import { eventually, TestFleet } from "../queue/test-fleet.ts"

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }))
afterEach(() => void vi.useRealTimers())

function roundsIn({ queues, redis, keyPrefix }: TestFleet) {
  const events = new WorkerEmitter()
  const fleet = new Fleet(redis, keyPrefix)
  const health = new RedisHealth(queues)
  const { model } = plainLabeller()
  const rounds = new Heartbeat({
    queues,
    fleet,
    events,
    health,
    settings: completeOptions(workerOptions, { keyPrefix }),
    capacity: new Capacity(events, 1),
    worker: { id: "me", host: "here", pid: 1, model, device: "cpu", startedMs: 0 },
  })
  return { rounds, events, fleet, health }
}

it("a round - says that the worker lives, and tells what queueStatus tells", async () => {
  await using open = await TestFleet.open()
  const { rounds, events, fleet } = roundsIn(open)
  await open.queues.of("bulk").add("label", { v: 1, texts: [{ text: "good" }] })
  rounds.start()
  vi.advanceTimersByTime(noticeEveryMs)
  const [backlog] = await once(events, "backlog")
  rounds.stop()
  expect(await fleet.workers()).toMatchObject([{ id: "me" }])
  const { lanes, deadLetters, backlogSeconds } = await queueStatus(open.queues, fleet)
  const told = lanes.map(lane => ({ ...lane, oldestWaitingSeconds: expect.any(Number) }))
  expect(backlog).toEqual({ queues: told, deadLetters, backlogSeconds })
})

it("stop() - makes no further round", async () => {
  await using open = await TestFleet.open()
  const { rounds, fleet } = roundsIn(open)
  rounds.start()
  rounds.stop()
  vi.advanceTimersByTime(10 * noticeEveryMs)
  expect(await fleet.workers()).toEqual([])
})

it("Redis is away - makes none until it is back", async () => {
  await using open = await TestFleet.open()
  const { rounds, events, fleet, health } = roundsIn(open)
  open.redis.emit("close")
  rounds.start()
  vi.advanceTimersByTime(noticeEveryMs)
  await new Promise(resolve => setImmediate(resolve))
  expect(await fleet.workers()).toEqual([])
  const well = once(health, "well")
  open.redis.emit("ready")
  await well
  vi.advanceTimersByTime(noticeEveryMs)
  await once(events, "backlog")
  rounds.stop()
  expect(await fleet.workers()).toMatchObject([{ id: "me" }])
})

describe.each([0, 2, -2])("a worker whose clock is %d hours off", hours => {
  it("a minute without a job that ends - removes results that are kept no longer by the clock of Redis", async () => {
    vi.useRealTimers()
    await using open = await TestFleet.open()
    const worker = await open.worker()
    const base = open.queues.keyOf("bulk")
    for (const jobId of ["old", "new"])
      await open.queues.of("bulk").add("label", { v: 1, texts: [{ text: "good" }] }, { jobId })
    await eventually(() => open.ended.length === 2)
    await worker.close()
    const hourAgoMs = Number(await open.redis.hget(`${base}:old`, "finishedOn")) - 3_600_000
    await open.redis.hset(`${base}:old`, "finishedOn", hourAgoMs)
    await open.redis.zadd(`${base}:completed`, hourAgoMs, "old")
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] })
    skew(hours * 3_600_000)
    const { rounds, events } = roundsIn(open)
    vi.advanceTimersByTime(60_000)
    rounds.start()
    vi.advanceTimersByTime(noticeEveryMs)
    await once(events, "backlog")
    vi.useRealTimers()
    await eventually(async () => (await open.redis.exists(`${base}:old`)) === 0)
    rounds.stop()
    expect(await open.redis.exists(`${base}:new`)).toBe(1)
  })
})
