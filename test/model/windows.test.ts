import { describe, expect, it } from "vitest"
import { Windows } from "../../src/model/cut-windows.ts"

const special = { before: 1, after: 1 }
const encode = (ownTokens: number) =>
  Int32Array.from([101, ...Array.from({ length: ownTokens }, (_, token) => 1000 + token), 102])

describe("Windows", () => {
  it("a text that fits - is its only window, as it is", () => {
    const inputIds = encode(6)
    const windows = new Windows(inputIds, special, 8, 2)
    expect(windows.count).toBe(1)
    expect(windows.at(0)).toBe(inputIds)
    expect(windows.ownTokensAt(0)).toBe(6)
  })

  it("a text that does not - special tokens stand around each window, and the last is as long as what is left", () => {
    const windows = new Windows(encode(11), special, 8, 2)
    expect(Array.from({ length: windows.count }, (_, index) => [...windows.at(index)])).toEqual([
      [101, 1000, 1001, 1002, 1003, 1004, 1005, 102],
      [101, 1004, 1005, 1006, 1007, 1008, 1009, 102],
      [101, 1008, 1009, 1010, 102],
    ])
    expect([0, 1, 2].map(index => windows.ownTokensAt(index))).toEqual([6, 6, 3])
  })

  it("a tokenizer without special tokens - windows hold the text alone", () => {
    const windows = new Windows(
      Int32Array.from({ length: 12 }, (_, id) => id),
      { before: 0, after: 0 },
      8,
      0,
    )
    expect([...windows.at(1)]).toEqual([8, 9, 10, 11])
  })

  it.each([1, 2, 509, 510, 511, 1000, 99_998])(
    "%i tokens - the windows, without what they share, are the text",
    own => {
      const inputIds = encode(own)
      const windows = new Windows(inputIds, special, 512, 64)
      const ids: number[] = []
      for (let index = 0; index < windows.count; index++) {
        const window = windows.at(index)
        expect(window.length).toBeLessThanOrEqual(512)
        ids.push(...window.subarray(index === 0 ? 1 : 65, -1))
      }
      expect(ids).toEqual([...inputIds.subarray(1, -1)])
    },
  )
})
