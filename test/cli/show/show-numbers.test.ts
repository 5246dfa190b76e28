import { expect, it } from "vitest"
import { showCount, showDuration, showShare } from "../../../src/cli/show/show-numbers.ts"

it.each([
  [0, "0 ms"],
  [999, "999 ms"],
  [1000, "1.0 s"],
  [9949, "9.9 s"],
  [9950, "10 s"],
  [59_499, "59 s"],
  [59_500, "1 min 0 s"],
  [95_000, "1 min 35 s"],
  [3_599_500, "1 h 0 min"],
  [36_610_000, "10 h 10 min"],
])("showDuration(%i) - %s", (ms, shown) => {
  expect(showDuration(ms)).toBe(shown)
})

it("showCount - thousands apart, whole", () => {
  expect(showCount(1_234_567.6)).toBe("1,234,568")
})

it("showShare - percent, one decimal", () => {
  expect(showShare(0.12345)).toBe("12.3 %")
})
