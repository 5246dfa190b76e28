import { describe, expect, it } from "vitest"
import { DeviceShapes } from "../../../src/classifier/plan/device-shapes.ts"

const gpu = { tokens: 16, rowsApart: 2 }
const shown = ({ rows, longest }: { readonly rows: number; readonly longest: number }) => `${rows}x${longest}`
const limits = { maxBatchTokens: 16_384, maxBatchTexts: 512 }

describe("DeviceShapes.all", () => {
  it("lengths are 16 tokens apart, then a quarter of the power of two below", () => {
    const lengths = new Set(new DeviceShapes(gpu, limits, 512).all.map(({ longest }) => longest))
    expect([...lengths].sort((a, b) => a - b)).toEqual([
      16, 32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512,
    ])
  })

  it("a length has the rows that fill the token budget, their halves down to 512 tokens, and one row", () => {
    const rows = new DeviceShapes(gpu, limits, 512).all.filter(({ longest }) => longest === 48).map(({ rows }) => rows)
    expect(rows).toEqual([341, 170, 85, 42, 21, 1])
  })

  it.each([1, 256, 1000, 4096, 16_384, 65_536])("a budget of %i tokens - no shape is larger, but for a row", budget => {
    const { all } = new DeviceShapes(gpu, { ...limits, maxBatchTokens: budget }, 512)
    for (const { rows, longest } of all) if (rows > 1) expect(rows * longest).toBeLessThanOrEqual(budget)
  })

  it("a small budget - few small shapes, the largest first", () => {
    const { all } = new DeviceShapes({ tokens: 64, rowsApart: 2 }, { maxBatchTokens: 256, maxBatchTexts: 3 }, 200)
    expect(all.map(shown)).toEqual(["1x200", "3x64", "1x192", "2x128", "1x128", "1x64"].sort(byTokens))
    expect(all.map(shown)[0]).toBe("2x128")
  })

  it("a model with few positions - its last length is theirs", () => {
    expect(new DeviceShapes(gpu, limits, 50).all.map(({ longest }) => longest)).toContain(50)
    expect(new DeviceShapes(gpu, limits, 10).all.every(({ longest }) => longest === 10)).toBe(true)
  })
})

function byTokens(a: string, b: string): number {
  const [rowsA = 0, longestA = 0] = a.split("x").map(Number)
  const [rowsB = 0, longestB = 0] = b.split("x").map(Number)
  return rowsB * longestB - rowsA * longestA || longestB - longestA
}

describe("DeviceShapes.round()", () => {
  const shapes = new DeviceShapes(gpu, limits, 512)

  it.each([
    [1, 3, "1x16"],
    [2, 16, "32x16"],
    [33, 17, "64x32"],
    [146, 100, "146x112"],
    [1, 512, "1x512"],
  ])("%i rows of %i tokens - %s", (rows, longest, rounded) => {
    expect(shown(shapes.round(rows, longest))).toBe(rounded)
  })

  it("more than it has shapes for - stays as it is", () => {
    expect(shown(shapes.round(40, 512))).toBe("40x512")
    expect(shown(shapes.round(2, 600))).toBe("2x600")
  })
})

describe("DeviceShapes.mostRows()", () => {
  const shapes = new DeviceShapes(gpu, limits, 512)
  const all = new Set(shapes.all.map(shown))

  it.each([64, 500, 5000, 8191, 16_384])("a budget lowered to %i tokens - rounding stays within", budget => {
    for (let longest = 1; longest <= 512; longest += 1) {
      const most = shapes.mostRows(longest, budget)
      for (const rows of [1, Math.ceil(most / 2), most]) {
        const shape = shapes.round(rows, longest)
        expect(all).toContain(shown(shape))
        if (rows > 1) expect(shape.rows * shape.longest).toBeLessThanOrEqual(budget)
      }
    }
  })
})
