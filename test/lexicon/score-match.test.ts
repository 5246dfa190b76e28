import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { scoreMatch } from "../../src/lexicon/score-match.ts"

const matchOf = (...valences: readonly number[]) => ({
  entries: valences.map((valence, i) => ({ text: `w${i}`, valence })),
  wordCount: 10,
  truncated: false,
})

describe("scoreMatch", () => {
  test.each([
    ["the mean of what matched", [3, -1], "POSITIVE", 1],
    ["a mean below 0", [-3, 1], "NEGATIVE", -1],
    ["words of valence 0 count", [4, 0], "POSITIVE", 2],
    ["a mean of 0", [2, -2], "NEUTRAL", 0],
    ["nothing matched", [], "NEUTRAL", 0],
    ["only words of valence 0", [0, -0], "NEUTRAL", 0],
    ["a sum that is rounding error", [0.1, 0.2, -0.3], "NEUTRAL", 0],
  ])("%s", (_, valences, label, score) => {
    const words = valences.map((_, i) => `w${i}`)
    expect(scoreMatch(matchOf(...valences))).toEqual({ label, score, tokens: 10, truncated: false, windows: 1, words })
  })

  test("topK - the shares of the valence found, best first", () => {
    expect(scoreMatch(matchOf(3, -1), "all").scores).toEqual([
      { label: "POSITIVE", score: 0.75 },
      { label: "NEGATIVE", score: 0.25 },
      { label: "NEUTRAL", score: 0 },
    ])
    expect(scoreMatch(matchOf(2, -2), 1).scores).toEqual([{ label: "NEUTRAL", score: 1 }])
    expect(scoreMatch(matchOf(), 5).scores).toHaveLength(3)
  })

  test("any valences - shares add up to 1, the first is the label, the score lies within the valences", () => {
    const valences = fc.array(
      fc.oneof(fc.integer({ min: -5, max: 5 }), fc.double({ min: -1e6, max: 1e6, noNaN: true })),
    )
    fc.assert(
      fc.property(valences, valences => {
        const { label, score, scores = [] } = scoreMatch(matchOf(...valences), "all")
        expect(scores[0]?.label).toBe(label)
        expect(scores.reduce((sum, share) => sum + share.score, 0)).toBeCloseTo(1)
        expect(score).toBeGreaterThanOrEqual(Math.min(0, ...valences) * (1 + 1e-9))
        expect(score).toBeLessThanOrEqual(Math.max(0, ...valences) * (1 + 1e-9))
      }),
    )
  })
})
