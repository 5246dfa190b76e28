import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { allOf, createLines, type Line, nextBatch, timeToWait } from "../../../src/classifier/batcher/next-batch.ts"
import type { Waiter } from "../../../src/classifier/batcher/waiting.ts"

const limits = { maxBatchTokens: 128, maxBatchTexts: 8, bulkAgeMs: 500, maxWaitMs: 10, places: 1 }
const waiters = fc.array(
  fc.record({ tokens: fc.integer({ min: 1, max: 200 }), line: fc.constantFrom<Line>("interactive", "long", "bulk") }),
  { maxLength: 200 },
)

function filled(arrivals: readonly { tokens: number; line: Line }[]) {
  const lines = createLines<Waiter & { line: Line }>()
  arrivals.forEach(({ tokens, line }, since) => {
    lines[line].add({ tokens, line, since })
  })
  return lines
}

describe("nextBatch", () => {
  it("takes every text exactly once, within the limits, with the oldest of a line in each batch", () => {
    fc.assert(
      fc.property(waiters, arrivals => {
        const lines = filled(arrivals)
        const taken = new Set<Waiter>()
        for (;;) {
          const oldest = allOf(lines).map(line => line.oldest())
          const { entries: batch } = nextBatch(lines, limits, 0)
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
        expect(allOf(lines).map(({ size }) => size)).toEqual([0, 0, 0])
      }),
    )
  })

  it("serves the interactive lane first", () => {
    const lines = filled([
      { tokens: 5, line: "bulk" },
      { tokens: 100, line: "interactive" },
    ])
    expect(nextBatch(lines, limits, 0).entries.map(({ line }) => line)).toEqual(["interactive"])
  })

  it("serves bulk texts that waited bulkAgeMs without a turn, once", () => {
    const lines = filled([
      { tokens: 5, line: "bulk" },
      { tokens: 5, line: "bulk" },
      { tokens: 100, line: "interactive" },
      { tokens: 100, line: "interactive" },
    ])
    const one = { ...limits, maxBatchTexts: 1 }
    const order = [0, 1, 2, 3].map(later => nextBatch(lines, one, 600 + later).line)
    expect(order).toEqual(["bulk", "interactive", "interactive", "bulk"])
  })

  it("serves windows of long texts after interactive texts and before bulk texts, and those that waited bulkAgeMs in between", () => {
    const arrivals = [
      { tokens: 5, line: "bulk" },
      { tokens: 512, line: "long" },
      { tokens: 512, line: "long" },
      { tokens: 5, line: "interactive" },
      { tokens: 5, line: "interactive" },
    ] as const
    const one = { ...limits, maxBatchTexts: 1 }
    const orderAt = (now: number) => {
      const lines = filled(arrivals)
      return arrivals.map((_, later) => nextBatch(lines, one, now + later).line)
    }
    expect(orderAt(10)).toEqual(["interactive", "interactive", "long", "long", "bulk"])
    expect(orderAt(600)).toEqual(["bulk", "interactive", "long", "interactive", "long"])
  })

  it("does not mix lines: bulk texts would make an interactive batch take longer", () => {
    const lines = filled([
      { tokens: 6, line: "bulk" },
      { tokens: 7, line: "interactive" },
    ])
    expect(nextBatch(lines, limits, 0)).toMatchObject({ line: "interactive", entries: [{ tokens: 7 }] })
  })

  it("puts texts of like length together and not those of another", () => {
    const lines = filled([10, 100, 11, 9, 50].map(tokens => ({ tokens, line: "bulk" as const })))
    expect(nextBatch(lines, limits, 0).entries.map(({ tokens }) => tokens)).toEqual([10, 9, 11])
  })

  it("never hands out a dropped text", () => {
    const lines = createLines<Waiter>()
    lines.bulk.add({ tokens: 5, since: 0, dropped: true })
    lines.bulk.add({ tokens: 5, since: 1 })
    expect(nextBatch(lines, limits, 0).entries.map(({ since }) => since)).toEqual([1])
    expect(lines.bulk.size).toBe(0)
  })
})

describe("nextBatch with bulkAgeMs 0", () => {
  it("takes turns", () => {
    const lines = filled([
      { tokens: 5, line: "bulk" },
      { tokens: 5, line: "bulk" },
      { tokens: 100, line: "interactive" },
      { tokens: 100, line: "interactive" },
    ])
    const one = { ...limits, maxBatchTexts: 1, bulkAgeMs: 0 }
    const order = [0, 1, 2, 3].map(later => nextBatch(lines, one, 600 + later).line)
    expect(order).toEqual(["bulk", "interactive", "bulk", "interactive"])
  })
})

describe("timeToWait", () => {
  it("is undefined when nobody waits", () => {
    expect(timeToWait(createLines(), limits, 0)).toBeUndefined()
  })

  it("is what is left of maxWaitMs for the oldest", () => {
    expect(timeToWait(filled([{ tokens: 5, line: "bulk" }]), limits, 4)).toBe(6)
  })

  it("is 0 when as many tokens wait as a batch may hold", () => {
    const full = filled([
      { tokens: 70, line: "bulk" },
      { tokens: 60, line: "interactive" },
    ])
    expect(timeToWait(full, limits, 0)).toBe(0)
  })

  it("is 0 when as many wait as a batch may hold", () => {
    const full = filled(Array.from({ length: 8 }, () => ({ tokens: 5, line: "bulk" as const })))
    expect(timeToWait(full, limits, 0)).toBe(0)
  })
})

describe("nextBatch, fewer tokens than fill all places", () => {
  const room = { ...limits, maxBatchTokens: 512, maxBatchTexts: 64 }
  const batches = (texts: number, places: number) => {
    const lines = filled(Array.from({ length: texts }, () => ({ tokens: 32, line: "interactive" as const })))
    return Array.from({ length: places }, () => nextBatch(lines, { ...room, places }, 0).entries.length)
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
