import { describe, expect, it } from "vitest"
import { padded } from "../../src/model/micro-batch.ts"

const rows = [Int32Array.of(5, 6, 7), Int32Array.of(8)]

describe("padded()", () => {
  it("pads to the longest row", () => {
    expect(padded(rows, 9)).toEqual({
      rows: 2,
      longest: 3,
      inputIds: Int32Array.of(5, 6, 7, 8, 9, 9),
      attentionMask: Int32Array.of(1, 1, 1, 1, 0, 0),
    })
  })

  it("pads to the shape that the device has; a row that is padding has a token to attend to", () => {
    expect(padded(rows, 9, { round: () => ({ rows: 3, longest: 4 }) })).toEqual({
      rows: 3,
      longest: 4,
      inputIds: Int32Array.of(5, 6, 7, 9, 8, 9, 9, 9, 9, 9, 9, 9),
      attentionMask: Int32Array.of(1, 1, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0),
    })
  })
})
