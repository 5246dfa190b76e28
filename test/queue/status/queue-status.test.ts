import { describe, expect, it } from "vitest"
import { ValenceError } from "../../../src/errors.ts"
import { pauseLanes, resumeLanes } from "../../../src/queue/pause-lanes.ts"
import { Fleet, type WorkerNotice } from "../../../src/queue/status/living-fleet.ts"
import { backlogTokens, queueStatus, unknownTokensPerSecond } from "../../../src/queue/status/queue-status.ts"
import { TestFleet } from "../test-fleet.ts"

const data = { v: 1, texts: [{ text: "good" }, { text: "bad" }] }

function notice(id: string, facts: Partial<WorkerNotice>): WorkerNotice {
  const model = { name: "m", revision: "r", dtype: "int8", labels: ["A", "B"], maxLength: 512 }
  const rates = { tokensPerSecond: 0, textsPerSecond: 0 }
  return { id, host: "here", pid: 1, model, device: "cpu", startedMs: 0, ...rates, ...facts }
}

describe("queueStatus", () => {
  it("tells of both lanes, dead letters and workers", async () => {
    await using fleet = await TestFleet.open()
    const { queues, redis, keyPrefix } = fleet
    await pauseLanes(queues, ["interactive"])
    await queues.of("bulk").add("label", data)
    const job = await queues.of("interactive").add("label", data, { delay: 60_000 })
    await fleet.deadLetters.add("interactive", job, new ValenceError("job_failed", "no"))
    const workers = new Fleet(redis, keyPrefix)
    await workers.announce(notice("b", { startedMs: 20, tokensPerSecond: 1, textsPerSecond: 30 }))
    await workers.announce(notice("a", { startedMs: 10, tokensPerSecond: 2, textsPerSecond: 10 }))
    const status = await queueStatus(queues, workers)
    expect(status).toMatchObject({
      lanes: [
        { lane: "interactive", paused: true, waitingJobs: 0, delayedJobs: 1, waitingTexts: 2 },
        { lane: "bulk", paused: false, waitingJobs: 1, delayedJobs: 0, waitingTexts: 2 },
      ],
      deadLetters: 1,
      workers: [{ id: "a" }, { id: "b" }],
      textsPerSecond: 40,
      tokensPerSecond: 3,
    })
    expect(status.backlogSeconds).toBeCloseTo((status.lanes[1]?.waitingTokens ?? 0) / 3)
  })

  it("a lane is paused - it is told of, and is no backlog until it is resumed", async () => {
    await using fleet = await TestFleet.open()
    const { queues, redis, keyPrefix } = fleet
    await pauseLanes(queues, ["bulk"])
    await queues.of("bulk").add("label", data)
    const workers = new Fleet(redis, keyPrefix)
    await workers.announce(notice("a", { tokensPerSecond: 2 }))
    const paused = await queueStatus(queues, workers)
    expect(paused).toMatchObject({
      backlogSeconds: 0,
      lanes: [{}, { waitingTexts: 2, waitingTokens: expect.any(Number) }],
    })
    expect(paused.lanes[1]?.waitingTokens).toBeGreaterThan(2)
    await resumeLanes(queues, ["bulk"])
    expect((await queueStatus(queues, workers)).backlogSeconds).toBeGreaterThan(0)
  })

  it("texts beyond the model's maxLength - count as far as the model reads them", async () => {
    await using fleet = await TestFleet.open()
    const { queues, redis, keyPrefix } = fleet
    await queues.of("bulk").add("label", { v: 1, texts: [{ text: "good ".repeat(10_000) }] })
    const workers = new Fleet(redis, keyPrefix)
    await workers.announce(notice("a", { tokensPerSecond: 128 }))
    expect(await queueStatus(queues, workers)).toMatchObject({ lanes: [{}, { waitingTokens: 512 }], backlogSeconds: 4 })
  })

  it("no worker ever told what it can do - what waits is counted as for a usual one", async () => {
    await using fleet = await TestFleet.open()
    const { queues, redis, keyPrefix } = fleet
    const workers = new Fleet(redis, keyPrefix)
    expect(await queueStatus(queues, workers)).toMatchObject({ backlogSeconds: 0, workers: [] })
    await queues.of("bulk").add("label", data)
    for (const notices of [[], [notice("a", {})]]) {
      for (const one of notices) await workers.announce(one)
      const { lanes, backlogSeconds, tokensPerSecond, workerTokensPerSecond } = await queueStatus(queues, workers)
      expect(backlogSeconds).toBe((lanes[1]?.waitingTokens ?? 0) / unknownTokensPerSecond)
      expect(tokensPerSecond).toBe(notices.length * unknownTokensPerSecond)
      expect(workerTokensPerSecond).toBeUndefined()
    }
  })

  it("the last worker has gone - what it could do is known", async () => {
    await using fleet = await TestFleet.open()
    const { queues, redis, keyPrefix } = fleet
    const workers = new Fleet(redis, keyPrefix)
    await workers.announce(notice("a", { tokensPerSecond: 4 }))
    await workers.leave("a")
    await queues.of("bulk").add("label", data)
    const { lanes, ...status } = await queueStatus(queues, workers)
    expect(status).toMatchObject({ workers: [], tokensPerSecond: 0, workerTokensPerSecond: 4 })
    expect(status.backlogSeconds).toBe((lanes[1]?.waitingTokens ?? 0) / 4)
  })

  it("some workers have not told yet - they count as the others do on average", async () => {
    await using fleet = await TestFleet.open()
    const { queues, redis, keyPrefix } = fleet
    const workers = new Fleet(redis, keyPrefix)
    await workers.announce(notice("a", { tokensPerSecond: 4 }))
    await workers.announce(notice("b", { tokensPerSecond: 8 }))
    await workers.announce(notice("c", {}))
    expect(await queueStatus(queues, workers)).toMatchObject({ tokensPerSecond: 18, workerTokensPerSecond: 6 })
  })
})

describe("backlogTokens", () => {
  const waiting = (waitingTokens: number, paused = false) => ({ waitingTokens, paused })

  it.each([
    [[waiting(300), waiting(200)], 500],
    [[waiting(300), waiting(200, true)], 300],
    [[waiting(1, true)], 0],
    [[], 0],
  ])("%j - %d tokens", (lanes, tokens) => {
    expect(backlogTokens(lanes)).toBe(tokens)
  })
})

describe("pauseLanes, resumeLanes", () => {
  it("a lane alone or both, again and again - say what is so", async () => {
    await using fleet = await TestFleet.open()
    const { queues } = fleet
    const paused = () => Promise.all([queues.of("interactive").isPaused(), queues.of("bulk").isPaused()])
    expect(await resumeLanes(queues, ["bulk"])).toEqual([{ lane: "bulk", paused: false }])
    for (let times = 0; times < 2; times++) {
      expect(await pauseLanes(queues, ["bulk"])).toEqual([{ lane: "bulk", paused: true }])
      expect(await paused()).toEqual([false, true])
    }
    expect(await pauseLanes(queues, ["interactive", "bulk"])).toHaveLength(2)
    expect(await paused()).toEqual([true, true])
    expect(await resumeLanes(queues, ["interactive"])).toEqual([{ lane: "interactive", paused: false }])
    expect(await paused()).toEqual([false, true])
  })

  it("a paused lane's jobs wait while the other's are labelled, until it is resumed", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    const producer = await fleet.producer()
    const { queues } = fleet
    await pauseLanes(queues, ["bulk"])
    const bulk = producer.label(["good"], { lane: "bulk" })
    await producer.label(["good"])
    expect(await queues.of("bulk").getWaitingCount()).toBe(1)
    await resumeLanes(queues, ["bulk"])
    expect(await bulk).toMatchObject([{ label: expect.any(String) }])
  })
})
