import { describe, expect, it } from "vitest"
import { corpusOptions } from "../../../src/corpus/options.ts"
import { addedColumns, decideLabel, requireMinScore } from "../../../src/corpus/write/added-columns.ts"
import { completeOptions, type Given } from "../../../src/declaration.ts"
import type { Labelled } from "../../../src/labeller.ts"

const labels = ["NEGATIVE", "POSITIVE"]
const result: Labelled = {
  label: "POSITIVE",
  score: 0.98765432,
  scores: [{ label: "POSITIVE", score: 0.98765432 }],
  tokens: 7,
  truncated: true,
  windows: 1,
  words: ["not good", "fun"],
}

function added(options: Given<typeof corpusOptions>, inputColumns: readonly string[] = ["text"]) {
  return addedColumns(completeOptions(corpusOptions, options), labels, inputColumns)
}

describe("addedColumns", () => {
  it("label and score, the score with six decimals", () => {
    expect(added({}).map(({ name, of }) => [name, of(result)])).toEqual([
      ["label", "POSITIVE"],
      ["score", 0.987654],
    ])
  })

  it("scores, tokens, truncated, windows, words - where they are asked for, in this order", () => {
    const columns = added({ words: true, scores: true, tokens: true, truncated: true, windows: true })
    expect(columns.slice(2).map(({ name, of }) => [name, of(result)])).toEqual([
      ["score_NEGATIVE", undefined],
      ["score_POSITIVE", 0.987654],
      ["tokens", 7],
      ["truncated", true],
      ["windows", 1],
      ["words", ["not good", "fun"]],
    ])
  })

  it("all are prefixed where the input has one of the names", () => {
    expect(added({}, ["text", "score"]).map(({ name }) => name)).toEqual(["valence_label", "valence_score"])
  })

  it("prefix - put before them", () => {
    expect(added({ prefix: "my_" }).map(({ name }) => name)).toEqual(["my_label", "my_score"])
  })

  it("prefix that leads to a column of the input - option_invalid", () => {
    expect(() => added({ prefix: "my_" }, ["text", "my_score"])).toThrow(
      'prefix must lead to names that the input does not have, and it has "my_score"; got "my_"',
    )
    expect(() => added({}, ["label", "valence_label"])).toThrow(/^prefix must lead/)
  })
})

describe("decideLabel", () => {
  it("below minScore UNCERTAIN, at it the model's", () => {
    expect(decideLabel({ ...result, score: 0.69 }, 0.7)).toBe("UNCERTAIN")
    expect(decideLabel({ ...result, score: 0.7 }, 0.7)).toBe("POSITIVE")
    expect(decideLabel({ ...result, score: 0 }, undefined)).toBe("POSITIVE")
  })

  it("a score below 0 counts by its distance from 0", () => {
    expect(decideLabel({ ...result, label: "NEGATIVE", score: -0.9 }, 0.7)).toBe("NEGATIVE")
    expect(decideLabel({ ...result, label: "NEGATIVE", score: -0.5 }, 0.7)).toBe("UNCERTAIN")
  })
})

describe("requireMinScore", () => {
  const check = (minScore: number | undefined, dtype = "int8", scoreFunction?: "softmax" | "none") =>
    requireMinScore({ minScore, scoreFunction }, { dtype })

  it("above 1 - refused if scores are probabilities", () => {
    expect(() => check(80)).toThrow(
      "minScore must be a number, 0 to 1, because scores are probabilities; got 80; 80 % is 0.8",
    )
    expect(() => check(1.01, "onnx", "softmax")).toThrow("got 1.01")
    for (const minScore of [0, 0.8, 1, undefined]) expect(() => check(minScore)).not.toThrow()
  })

  it("above 1 - accepted for a lexicon's valences and for logits", () => {
    expect(() => check(2, "lexicon")).not.toThrow()
    expect(() => check(2, "int8", "none")).not.toThrow()
  })
})
