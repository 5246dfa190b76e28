import { describe, expect, it } from "vitest"
import { summarise } from "../../../src/corpus/run/summary.ts"
import {
  countLabelled,
  countThroughput,
  emptyTally,
  mostTokenCount,
  type Tally,
} from "../../../src/corpus/run/tally.ts"

function count(tally: Tally, score: number, more: { label?: string; tokens?: number; text?: string } = {}): void {
  const { label = "POSITIVE", tokens = 5, text = "text" } = more
  countLabelled(tally, tally.labelled + 1, text, label, { label, score, tokens, truncated: tokens > 100, windows: 1 })
}

describe("countLabelled", () => {
  it("counts rows, tokens, scores and truncated texts", () => {
    const tally = emptyTally()
    count(tally, 0.95)
    count(tally, 0.55, { tokens: 200 })
    count(tally, -2, { label: "NEGATIVE" })
    expect(tally).toMatchObject({
      labelled: 3,
      truncated: 1,
      tokens: 210,
      labels: {
        POSITIVE: { rows: 2, scoreSum: 1.5, scoreBins: { 19: 1, 11: 1 } },
        NEGATIVE: { rows: 1, scoreSum: -2, scoreBins: { [-40]: 1 } },
      },
      tokenCounts: { 5: 2, 200: 1 },
    })
  })

  it("keeps the 20 least certain texts, at most 300 characters of them, and the earlier among equals", () => {
    const tally = emptyTally()
    for (let row = 1; row <= 100; row++) count(tally, row % 2 === 0 ? 0.9 : -0.5, { text: `${row} ${"x".repeat(400)}` })
    count(tally, 0.1)
    expect(tally.unsure.map(({ row }) => row)).toEqual([
      101,
      ...Array.from({ length: 19 }, (_, index) => 2 * index + 1),
    ])
    expect(tally.unsure[1]?.text).toHaveLength(301)
  })

  it("stays small, whatever scores and lengths there are", () => {
    const tally = emptyTally()
    for (let row = 0; row < 50_000; row++) count(tally, ((row * 7919) % 100_000) / 1000 - 50, { tokens: row })
    expect(Object.keys(tally.labels["POSITIVE"]?.scoreBins ?? {}).length).toBeLessThanOrEqual(401)
    expect(Object.keys(tally.tokenCounts)).toHaveLength(mostTokenCount + 1)
    expect(tally.tokenCounts[mostTokenCount]).toBe(50_000 - mostTokenCount)
  })
})

describe("countThroughput", () => {
  it("keeps at most 120 intervals, which grow, and loses no row", () => {
    const tally = emptyTally()
    for (let second = 0; second < 10_000; second++) countThroughput(tally, second * 1000, 3)
    expect(tally.throughput.rows.length).toBeLessThanOrEqual(120)
    expect(tally.throughput.rows.reduce((sum, rows) => sum + rows)).toBe(30_000)
    expect(tally.throughput.intervalMs).toBe(102_400)
  })
})

describe("summarise", () => {
  it("shares and means, the most frequent label first", () => {
    const tally = emptyTally()
    for (const score of [0.9, 0.7]) count(tally, score)
    count(tally, -0.5, { label: "NEGATIVE" })
    tally.failed = 1
    tally.elapsedMs = 1500
    expect(summarise(tally)).toMatchObject({
      rows: 4,
      labelled: 3,
      failed: 1,
      labels: [
        { label: "POSITIVE", rows: 2, share: 2 / 3, meanScore: 0.8 },
        { label: "NEGATIVE", rows: 1, share: 1 / 3, meanScore: -0.5 },
      ],
      meanScore: expect.closeTo(1.1 / 3),
      textsPerSecond: 2,
    })
  })

  it("nothing - no shares, and no division by 0", () => {
    expect(summarise(emptyTally())).toMatchObject({ rows: 0, labels: [], meanScore: 0, textsPerSecond: 0 })
  })
})
