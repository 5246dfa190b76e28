import { once } from "node:events"
import { afterEach, beforeEach, expect, it, vi } from "vitest"
import { completeOptions } from "../../src/declaration.ts"
import { WorkerEmitter } from "../../src/events.ts"
import { Fleet, noticeEveryMs } from "../../src/queue/fleet.ts"
import { queueStatus } from "../../src/queue/queue-status.ts"
import { RedisHealth } from "../../src/queue/redis-health.ts"
import { Capacity } from "../../src/worker/capacity.ts"
import { workerOptions } from "../../src/worker/options.ts"
import { Rounds } from "../../src/worker/rounds.ts"
import { plainLabeller } from "../corpus/plain-labeller.ts"
import { TestFleet } from "../queue/test-fleet.ts"

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }))
afterEach(() => void vi.useRealTimers())

function roundsIn({ queues, redis, keyPrefix }: TestFleet) {
  const events = new WorkerEmitter()
  const fleet = new Fleet(redis, keyPrefix)
  const health = new RedisHealth(queues)
  const { model } = plainLabeller()
  const rounds = new Rounds({
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
