import { describe, expect, it } from "vitest"
import type { Pooling, ScoreFunction } from "../../src/labeller.ts"
import { ScorePool } from "../../src/model/score-pool.ts"

type Window = readonly [scores: readonly number[], ownTokens: number]

function pooled(pooling: Pooling, how: ScoreFunction, windows: readonly Window[]): number[] {
  const pool = new ScorePool(pooling, how)
  for (const [scores, ownTokens] of windows) pool.add(scores, ownTokens)
  return pool.scores()
}

const windows: readonly Window[] = [
  [[0.9, 0.1], 30],
  [[0.4, 0.6], 10],
  [[0.2, 0.8], 10],
]

describe("ScorePool", () => {
  it.each<[Pooling, ScoreFunction, number[]]>([
    ["weighted", "softmax", [(0.9 * 30 + 0.4 * 10 + 0.2 * 10) / 50, (0.1 * 30 + 0.6 * 10 + 0.8 * 10) / 50]],
    ["weighted", "sigmoid", [0.66, 0.34]],
    ["mean", "softmax", [0.5, 0.5]],
    ["max", "softmax", [0.9 / 1.7, 0.8 / 1.7]],
    ["max", "sigmoid", [0.9, 0.8]],
    ["max", "none", [0.9, 0.8]],
  ])("%s of %s", (pooling, how, scores) => {
    const close = scores.map(score => expect.closeTo(score, 12))
    expect(pooled(pooling, how, windows)).toEqual(close)
  })

  it.each<Pooling>(["weighted", "mean", "max"])("%s of one window - its very scores", pooling => {
    const scores = [0.1 + 0.2, 0.7]
    expect(pooled(pooling, "softmax", [[scores, 7]])).toEqual(scores)
  })

  it.each<Pooling>(["weighted", "mean", "max"])(
    "%s of a window whose scores are no numbers - is none either",
    pooling => {
      const broken: Window = [[NaN, NaN], 30]
      expect(pooled(pooling, "softmax", [...windows, broken])).toEqual([NaN, NaN])
      expect(pooled(pooling, "softmax", [broken, ...windows])).toEqual([NaN, NaN])
    },
  )
})
