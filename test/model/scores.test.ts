import { describe, expect, it } from "vitest"
import { ranked, scoreFunctionOf, scoresOf } from "../../src/model/scores.ts"

const logits = Float32Array.of(1, -1, 0)

describe("scoresOf", () => {
  it("softmax - sums to 1, however large the logits", () => {
    expect(scoresOf(Float32Array.of(1000, 1000), "softmax")).toEqual([0.5, 0.5])
    const scores = scoresOf(logits, "softmax")
    expect(scores[0]).toBeCloseTo(Math.E / (Math.E + 1 / Math.E + 1))
    expect(scores.reduce((a, b) => a + b)).toBeCloseTo(1)
  })

  it("sigmoid - each label on its own", () => {
    const [first = 0, second = 0, third] = scoresOf(logits, "sigmoid")
    expect(first + second).toBeCloseTo(1)
    expect(third).toBe(0.5)
  })

  it("none - the logits", () => {
    expect(scoresOf(logits, "none")).toEqual([1, -1, 0])
  })
})

describe("scoreFunctionOf", () => {
  it.each([
    ["single_label_classification", ["a", "b"], "softmax"],
    ["multi_label_classification", ["a", "b"], "sigmoid"],
    ["single_label_classification", ["a"], "sigmoid"],
  ] as const)("%s, labels %j - %s", (problemType, labels, expected) => {
    expect(scoreFunctionOf({ problemType, labels })).toBe(expected)
  })
})

describe("ranked", () => {
  it("puts the best first; equals keep the model's order", () => {
    expect(ranked(["a", "b", "c"], [0.2, 0.6, 0.2]).map(({ label }) => label)).toEqual(["b", "a", "c"])
  })
})
