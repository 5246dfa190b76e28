import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { leaveOneOut, wordsOf, wordWeights } from "../../src/http/leave-one-out.ts"
import type { Labelled } from "../../src/labeller.ts"

const words = (text: string) => [...wordsOf(text)].map(({ word }) => word)

describe("wordsOf", () => {
  it.each([
    ["", []],
    [" ... !", []],
    ["Good", ["Good"]],
    ["A dull start, but superb.", ["A", "dull", "start", "but", "superb"]],
    ["can’t isn't", ["can’t", "isn't"]],
    ["feel-good, state-of-the-art - no", ["feel-good", "state-of-the-art", "no"]],
    ["ok🙂👍🏽 👩‍👩‍👧", ["ok", "🙂", "👍🏽", "👩‍👩‍👧"]],
    ["4.5 stars", ["4.5", "stars"]],
    ["とても良い映画", ["とても", "良い", "映画"]],
  ])("%j - %j", (text, expected) => {
    expect(words(text)).toEqual(expected)
  })

  it("any text - each word lies where it says, one behind the other", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), text => {
        let at = 0
        for (const { word, start, end } of wordsOf(text)) {
          expect(start).toBeGreaterThanOrEqual(at)
          expect(text.slice(start, end)).toBe(word)
          at = end
        }
      }),
    )
  })
})

describe("leaveOneOut", () => {
  it("gives the text without each word in turn", () => {
    const text = "Good, not bad"
    expect(leaveOneOut(text, [...wordsOf(text)])).toEqual([", not bad", "Good,  bad", "Good, not "])
  })
})

describe("wordWeights", () => {
  const scored = (label: string, score: number): Labelled => {
    const other = label === "POSITIVE" ? "NEGATIVE" : "POSITIVE"
    const scores = [
      { label, score },
      { label: other, score: 1 - score },
    ]
    return { label, score, scores, tokens: 3, truncated: false, windows: 1 }
  }
  const matched = (label: string, score: number, count: number): Labelled => ({
    label,
    score,
    words: Array.from({ length: count }, () => "w"),
    tokens: 3,
    truncated: false,
    windows: 1,
  })

  it("a model - how much the score of the text's label falls, whatever the label is without the word", () => {
    const weights = wordWeights(scored("POSITIVE", 0.75), [scored("NEGATIVE", 0.75), scored("POSITIVE", 1)])
    expect(weights).toEqual([0.5, -0.25])
  })

  it.each([
    ["POSITIVE", 4, [matched("POSITIVE", 3, 1), matched("POSITIVE", 5, 1)], [5, 3]],
    ["NEGATIVE", -1, [matched("NEGATIVE", -4, 1), matched("POSITIVE", 2, 1)], [-2, 4]],
    ["NEUTRAL", 0, [matched("POSITIVE", 2, 1), matched("NEGATIVE", -2, 1), matched("NEUTRAL", 0, 2)], [2, 2, 0]],
  ])("a lexicon, %s - how much the sum of what matched falls", (label, score, without, expected) => {
    expect(wordWeights(matched(label, score, 2), without).map(weight => weight + 0)).toEqual(expected)
  })
})
