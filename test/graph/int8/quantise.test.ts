import { describe, expect, it } from "vitest"
import { activationScale, quantiseColumns, quantiseRows } from "../../../src/graph/int8/quantise.ts"

describe("quantiseColumns", () => {
  it("has a scale for each column; a column of zeros gives zeros", () => {
    const { values, scales } = quantiseColumns(Float32Array.of(1, -4, 0, -2, 2, 0), 3)
    expect([...values]).toEqual([64, -127, 0, -127, 64, 0])
    expect([...scales]).toEqual([2 / 127, 4 / 127, 1].map(Math.fround))
  })

  it("multiplies rows by their factors first", () => {
    const { values, scales } = quantiseColumns(Float32Array.of(1, 1, -1, -1), 2, Float32Array.of(1, 2))
    expect([...values]).toEqual([64, 64, -127, -127])
    expect(scales[0]).toBeCloseTo(2 / 127)
  })
})

describe("quantiseRows", () => {
  it("has a scale for each row; a row of zeros gives zeros", () => {
    const { values, scales } = quantiseRows(Float32Array.of(1, -2, 0, 0), 2)
    expect([...values]).toEqual([64, -127, 0, 0])
    expect([...scales]).toEqual([Math.fround(2 / 127), 1])
  })
})

describe("activationScale", () => {
  it.each([
    [-1, 3, 4 / 255, 64],
    [0.5, 3, 3 / 255, 0],
    [-3, -1, 3 / 255, 255],
    [0, 0, 1, 0],
  ])("%d to %d - 0 has a code of its own", (low, high, scale, zeroPoint) => {
    expect(activationScale(low, high)).toEqual({ scale: Math.fround(scale), zeroPoint })
  })
})
