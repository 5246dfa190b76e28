import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { createLanes, nextBatch, timeToWait } from "../../../src/classifier/batcher/next-batch.ts"
import type { Waiter } from "../../../src/classifier/batcher/waiting.ts"

const limits = { maxBatchTokens: 128, maxBatchTexts: 8, bulkAgeMs: 500, maxWaitMs: 10, places: 1 }
const waiters = fc.array(
  fc.record({ tokens: fc.integer({ min: 1, max: 200 }), lane: fc.constantFrom("interactive", "bulk") }),
  { maxLength: 200 },
)

function filled(arrivals: readonly { tokens: number; lane: "interactive" | "bulk" }[]) {
  const lanes = createLanes<Waiter & { lane: string }>()
  arrivals.forEach(({ tokens, lane }, since) => {
    lanes[lane].add({ tokens, lane, since })
  })
  return lanes
}

describe("nextBatch", () => {
  it("takes every text exactly once, within the limits, with the oldest of a lane in each batch", () => {
    fc.assert(
      fc.property(waiters, arrivals => {
        const lanes = filled(arrivals)
        const taken = new Set<Waiter>()
        for (;;) {
          const oldest = [lanes.interactive.oldest(), lanes.bulk.oldest()]
          const { entries: batch } = nextBatch(lanes, limits, 0)
          if (batch.length === 0) break
          const longest = Math.max(...batch.map(({ tokens }) => tokens))
          expect(batch.length).toBeLessThanOrEqual(limits.maxBatchTexts)
          if (batch.length > 1) expect(batch.length * longest).toBeLessThanOrEqual(limits.maxBatchTokens)
          expect(batch.some(waiter => oldest.includes(waiter))).toBe(true)
          for (const waiter of batch) {
            expect(taken.has(waiter)).toBe(false)
            taken.add(waiter)
          }
        }
        expect(taken.size).toBe(arrivals.length)
        expect(lanes.interactive.size + lanes.bulk.size).toBe(0)
      }),
    )
  })

  it("serves the interactive lane first", () => {
    const lanes = filled([
      { tokens: 5, lane: "bulk" },
      { tokens: 100, lane: "interactive" },
    ])
    expect(nextBatch(lanes, limits, 0).entries.map(({ lane }) => lane)).toEqual(["interactive"])
  })

  it("serves bulk texts that waited bulkAgeMs without a turn, once", () => {
    const lanes = filled([
      { tokens: 5, lane: "bulk" },
      { tokens: 5, lane: "bulk" },
      { tokens: 100, lane: "interactive" },
      { tokens: 100, lane: "interactive" },
    ])
    const one = { ...limits, maxBatchTexts: 1 }
    const order = [0, 1, 2, 3].map(later => nextBatch(lanes, one, 600 + later).lane)
    expect(order).toEqual(["bulk", "interactive", "interactive", "bulk"])
  })

  it("does not mix lanes: bulk texts would make an interactive batch take longer", () => {
    const lanes = filled([
      { tokens: 6, lane: "bulk" },
      { tokens: 7, lane: "interactive" },
    ])
    expect(nextBatch(lanes, limits, 0)).toMatchObject({ lane: "interactive", entries: [{ tokens: 7 }] })
  })

  it("puts texts of like length together and not those of another", () => {
    const lanes = filled([10, 100, 11, 9, 50].map(tokens => ({ tokens, lane: "bulk" as const })))
    expect(nextBatch(lanes, limits, 0).entries.map(({ tokens }) => tokens)).toEqual([10, 9, 11])
  })

  it("never hands out a dropped text", () => {
    const lanes = createLanes<Waiter>()
    lanes.bulk.add({ tokens: 5, since: 0, dropped: true })
    lanes.bulk.add({ tokens: 5, since: 1 })
    expect(nextBatch(lanes, limits, 0).entries.map(({ since }) => since)).toEqual([1])
    expect(lanes.bulk.size).toBe(0)
  })
})

describe("nextBatch with bulkAgeMs 0", () => {
  it("takes turns", () => {
    const lanes = filled([
      { tokens: 5, lane: "bulk" },
      { tokens: 5, lane: "bulk" },
      { tokens: 100, lane: "interactive" },
      { tokens: 100, lane: "interactive" },
    ])
    const one = { ...limits, maxBatchTexts: 1, bulkAgeMs: 0 }
    const order = [0, 1, 2, 3].map(later => nextBatch(lanes, one, 600 + later).lane)
    expect(order).toEqual(["bulk", "interactive", "bulk", "interactive"])
  })
})

describe("timeToWait", () => {
  it("is undefined when nobody waits", () => {
    expect(timeToWait(createLanes(), limits, 0)).toBeUndefined()
  })

  it("is what is left of maxWaitMs for the oldest", () => {
    expect(timeToWait(filled([{ tokens: 5, lane: "bulk" }]), limits, 4)).toBe(6)
  })

  it("is 0 when as many tokens wait as a batch may hold", () => {
    const full = filled([
      { tokens: 70, lane: "bulk" },
      { tokens: 60, lane: "interactive" },
    ])
    expect(timeToWait(full, limits, 0)).toBe(0)
  })

  it("is 0 when as many wait as a batch may hold", () => {
    const full = filled(Array.from({ length: 8 }, () => ({ tokens: 5, lane: "bulk" as const })))
    expect(timeToWait(full, limits, 0)).toBe(0)
  })
})

describe("nextBatch, fewer tokens than fill all places", () => {
  const room = { ...limits, maxBatchTokens: 512, maxBatchTexts: 64 }
  const batches = (texts: number, places: number) => {
    const lanes = filled(Array.from({ length: texts }, () => ({ tokens: 32, lane: "interactive" as const })))
    return Array.from({ length: places }, () => nextBatch(lanes, { ...room, places }, 0).entries.length)
  }

  it("shares them out", () => {
    expect(batches(32, 4)).toEqual([8, 6, 4, 4])
  })

  it("no share is smaller than 128 tokens", () => {
    expect(batches(8, 4)).toEqual([4, 4, 0, 0])
  })

  it("one place - takes all that fit", () => {
    expect(batches(32, 1)).toEqual([16])
  })
})
