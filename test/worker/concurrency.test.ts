import { describe, expect, it } from "vitest"
import { WorkerEmitter } from "../../src/events.ts"
import { Capacity } from "../../src/worker/capacity.ts"
import { sizeConcurrency } from "../../src/worker/concurrency.ts"

describe("sizeConcurrency()", () => {
  it.each([
    [1, { maxBatchTokens: 512, maxBatchTexts: 64 }, { interactive: 256, bulk: 4 }],
    [2, { maxBatchTokens: 512, maxBatchTexts: 64 }, { interactive: 512, bulk: 8 }],
    [2, { maxBatchTokens: 64, maxBatchTexts: 64 }, { interactive: 64, bulk: 2 }],
    [1, { maxBatchTokens: 1, maxBatchTexts: 1 }, { interactive: 4, bulk: 2 }],
    [8, { maxBatchTokens: 4096, maxBatchTexts: 256 }, { interactive: 8192, bulk: 128 }],
  ])("%i devices, %j - so many jobs that micro-batches fill", (devices, limits, jobs) => {
    expect(sizeConcurrency(devices, limits)).toEqual(jobs)
  })
})

const batch = { lane: "bulk", texts: 10, paddedTokens: 0, waitMs: [] } as const
const job = {
  lane: "bulk",
  id: "j1",
  outcome: "completed",
  failedTexts: 0,
  queueSeconds: 0,
  labelSeconds: 1,
} as const

describe("Capacity.look()", () => {
  it("idle times - do not lower what the devices can do", () => {
    const events = new WorkerEmitter()
    const capacity = new Capacity(events, 2)
    capacity.look(0)
    events.emit("microBatch", { ...batch, tokens: 500, runMs: 100 })
    events.emit("job", { ...job, texts: 10, tokens: 500 })
    expect(capacity.look(10_000)).toEqual({ tokensPerSecond: 10_000, textsPerSecond: 1 })
    expect(capacity.look(20_000)).toEqual({ tokensPerSecond: 10_000, textsPerSecond: 0 })
  })

  it("light traffic in small micro-batches - lowers it slowly", () => {
    const events = new WorkerEmitter()
    const capacity = new Capacity(events, 1)
    events.emit("microBatch", { ...batch, tokens: 1000, runMs: 100 })
    capacity.look()
    events.emit("microBatch", { ...batch, tokens: 1, runMs: 100 })
    expect(capacity.look().tokensPerSecond).toBe(9000)
  })

  it("a lexicon has no devices - what it did counts", () => {
    const events = new WorkerEmitter()
    const capacity = new Capacity(events, 1)
    capacity.look(0)
    events.emit("job", { ...job, texts: 4, tokens: 80 })
    expect(capacity.look(2000)).toEqual({ tokensPerSecond: 40, textsPerSecond: 2 })
  })
})
