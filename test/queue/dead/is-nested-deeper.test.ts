import { describe, expect, it } from "vitest"
import { isNestedDeeper } from "../../../src/queue/dead/is-nested-deeper.ts"

const lists = (levels: number) => JSON.parse("[".repeat(levels) + "]".repeat(levels)) as unknown

describe("isNestedDeeper()", () => {
  it.each([
    ["a number has none", 1, 0, false],
    ["null has none", null, 0, false],
    ["an empty list has one", [], 0, true],
    ["an empty list has no more than one", [], 1, false],
    ["a list in an object makes two", { a: 1, b: [2] }, 1, true],
    ["a list in an object makes no more than two", { a: 1, b: [2] }, 2, false],
    ["100 lists", lists(100), 100, false],
    ["101 lists", lists(101), 100, true],
    ["200,000 lists", lists(200_000), 100, true],
  ] as const)("%s", (_, value, levels, expected) => {
    expect(isNestedDeeper(value, levels)).toBe(expected)
  })
})
