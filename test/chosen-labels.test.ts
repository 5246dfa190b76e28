import { describe, expect, it } from "vitest"
import { chosenLabels, chosenPositions } from "../src/chosen-labels.ts"
import type { ModelInfo } from "../src/labeller.ts"

const model: ModelInfo = { name: "three", revision: "1", dtype: "int8", labels: ["NEG", "Neu", "POS"], maxLength: 8 }

describe("chosenPositions", () => {
  it("none asked for - all of them", () => {
    expect(chosenPositions(undefined, model)).toBeUndefined()
    expect(chosenLabels(undefined, model)).toEqual(["NEG", "Neu", "POS"])
  })

  it.each([
    [
      ["NEG", "POS"],
      [0, 2],
    ],
    [
      ["POS", "NEG"],
      [0, 2],
    ],
    [
      ["pos", "NEU"],
      [1, 2],
    ],
    [["POS", "pos"], [2]],
  ])("%o - in the model's order: %o", (asked, positions) => {
    expect(chosenPositions(asked, model)).toEqual(positions)
    expect(chosenLabels(asked, model)).toEqual(positions.map(position => model.labels[position]))
  })

  it("a label that the model lacks - refused by name", () => {
    expect(() => chosenPositions(["NEG", "MIXED"], model)).toThrow(
      'labels must be labels of three, which has NEG, Neu, POS; got "MIXED"',
    )
  })

  it("of a lexicon - refused", () => {
    expect(() => chosenPositions(["NEG", "POS"], { ...model, dtype: "lexicon" })).toThrow(
      'labels must be left out for a lexicon, which is NEUTRAL if it knows no word; got "NEG,POS"',
    )
  })
})
