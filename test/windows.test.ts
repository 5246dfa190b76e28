import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  countWindows,
  longestStride,
  shortestWindow,
  usualStride,
  windowAt,
  windowedTokens,
} from "../src/window-layout.ts"

/** A text of 1 to 100,000 tokens, and any shape that a call may ask for. */
const cases = fc
  .tuple(fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: shortestWindow, max: 600 }))
  .chain(([ownTokens, maxLength]) =>
    fc.record({
      ownTokens: fc.constant(ownTokens),
      shape: fc.record({
        maxLength: fc.constant(maxLength),
        stride: fc.integer({ min: 0, max: longestStride(maxLength) }),
        specialTokens: fc.integer({ min: 0, max: 4 }),
      }),
    }),
  )

const spansOf = (ownTokens: number, shape: Parameters<typeof windowAt>[2]) =>
  Array.from({ length: countWindows(ownTokens, shape) }, (_, index) => windowAt(index, ownTokens, shape))

describe("windowAt()", () => {
  it("any text - every token is in a window, none is beyond the limit, and neighbours share the stride", () => {
    fc.assert(
      fc.property(cases, ({ ownTokens, shape }) => {
        const spans = spansOf(ownTokens, shape)
        const room = shape.maxLength - shape.specialTokens
        expect(spans[0]?.start).toBe(0)
        expect(spans.at(-1)?.end).toBe(ownTokens)
        const shared = Math.min(shape.stride, room - 1)
        const odd = spans.filter(({ start, end }, index) => {
          const before = spans[index - 1]
          const isFull = end - start === room || (index === spans.length - 1 && end - start < room)
          return !isFull || (before && (before.end - start !== shared || end <= before.end))
        })
        expect(odd).toEqual([])
      }),
    )
  })
})

describe("countWindows()", () => {
  const shape = { maxLength: 512, stride: 64, specialTokens: 2 }

  it.each([
    [0, 1],
    [1, 1],
    [510, 1],
    [511, 2],
    [956, 2],
    [957, 3],
    [100_000, 225],
  ])("%i tokens of its own, 512 in a window, 64 of them shared - %i", (ownTokens, windows) => {
    expect(countWindows(ownTokens, shape)).toBe(windows)
  })
})

describe("windowedTokens()", () => {
  it("any text - the tokens of its windows together", () => {
    fc.assert(
      fc.property(cases, ({ ownTokens, shape }) => {
        const tokens = spansOf(ownTokens, shape).map(({ start, end }) => end - start + shape.specialTokens)
        expect(windowedTokens(ownTokens, shape)).toBe(tokens.reduce((sum, count) => sum + count, 0))
      }),
    )
  })
})

describe("usualStride()", () => {
  it.each([
    [512, 64],
    [64, 8],
    [8, 1],
  ])("maxLength %i - %i", (maxLength, stride) => {
    expect(usualStride(maxLength)).toBe(stride)
  })
})
