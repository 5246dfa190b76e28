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

  it("rounds rows and tokens up; a row that is padding has a token to attend to", () => {
    expect(padded(rows, 9, { rows: 3, tokens: 4, maxTokens: 512 })).toEqual({
      rows: 3,
      longest: 4,
      inputIds: Int32Array.of(5, 6, 7, 9, 8, 9, 9, 9, 9, 9, 9, 9),
      attentionMask: Int32Array.of(1, 1, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0),
    })
  })

  it("rounds tokens no further than a row may have, and never cuts one", () => {
    expect(padded(rows, 9, { rows: 1, tokens: 4, maxTokens: 3 }).longest).toBe(3)
    expect(padded(rows, 9, { rows: 1, tokens: 4, maxTokens: 2 }).longest).toBe(3)
  })
})
