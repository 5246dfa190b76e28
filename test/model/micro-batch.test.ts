import { describe, expect, it } from "vitest"
import { microBatch, padded } from "../../src/model/micro-batch.ts"

const rows = [Int32Array.of(5, 6, 7), Int32Array.of(8)]

describe("microBatch()", () => {
  it("holds the ids of its rows, and the shape that padding gives them", () => {
    const expected = { rows: 2, longest: 3, lengths: Int32Array.of(3, 1), ids: Uint16Array.of(5, 6, 7, 8), padId: 9 }
    expect(microBatch(rows, 9)).toEqual(expected)
  })

  it("keeps ids that have more than 16 bits", () => {
    const ids = Int32Array.of(65_535, 65_536, 250_001)
    expect(microBatch([ids], 1).ids).toEqual(ids)
    expect(padded(microBatch([ids, Int32Array.of(70_000)], 1)).inputIds).toEqual(Int32Array.of(...ids, 70_000, 1, 1))
    expect(microBatch([Int32Array.of(65_535)], 1).ids).toEqual(Uint16Array.of(65_535))
  })
})

describe("padded()", () => {
  it("pads to the longest row", () => {
    expect(padded(microBatch(rows, 9))).toEqual({
      inputIds: Int32Array.of(5, 6, 7, 8, 9, 9),
      attentionMask: Int32Array.of(1, 1, 1, 1, 0, 0),
    })
  })

  it("pads to the shape that the device has; a row that is padding has a token to attend to", () => {
    expect(padded(microBatch(rows, 9, { round: () => ({ rows: 3, longest: 4 }) }))).toEqual({
      inputIds: Int32Array.of(5, 6, 7, 9, 8, 9, 9, 9, 9, 9, 9, 9),
      attentionMask: Int32Array.of(1, 1, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0),
    })
  })
})
