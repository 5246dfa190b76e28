import { describe, expect, it } from "vitest"
import { checkHadoopLz4, checkLz4, checkSnappy } from "../../../../src/corpus/parquet/check/packed-size.ts"
import { checkRuns } from "../../../../src/corpus/parquet/check/runs.ts"
import { checkValues, valueEncodings } from "../../../../src/corpus/parquet/check/values.ts"

const bytes = (...values: number[]) => Uint8Array.from(values)

describe("checkRuns", () => {
  const check = (run: Uint8Array, rules: { width: number; count: number; most: number; counted?: number }) =>
    checkRuns(run, { from: 0, to: run.length }, rules)

  it("runs and packed bits - where they end, and how many numbers are the counted one", () => {
    // Five times 1, then 0 1 0 1 0 1 0 1.
    const run = bytes(5 << 1, 1, 3, 0b10101010)
    expect(check(run, { width: 1, count: 13, most: 1, counted: 1 })).toEqual({ end: 4, matching: 9 })
    expect(check(run, { width: 1, count: 9, most: 1, counted: 0 })).toEqual({ end: 4, matching: 2 })
  })

  it("packed numbers that cross bytes - each is compared with the largest", () => {
    const packed = bytes(3, 0b10_001_000, 0b1_100_011_0, 0b111_110_10)
    expect(check(packed, { width: 3, count: 8, most: 7, counted: 7 }).matching).toBe(1)
    expect(() => check(packed, { width: 3, count: 8, most: 6 })).toThrow("above 6; got 7")
  })

  it.each([3, 11, 24, 25, 31, 32])("packed numbers of %d bits - are read from the bytes that they are in", width => {
    const numbers = Array.from({ length: 8 }, (_, at) => (at * 2654435761) % 2 ** width)
    let bits = 0n
    for (const [at, number] of numbers.entries()) bits |= BigInt(number) << BigInt(at * width)
    const packed = Buffer.from(bits.toString(16).padStart(2 * width, "0"), "hex").reverse()
    const [most, last] = [Math.max(...numbers), numbers[7] as number]
    const run = Uint8Array.from([3, ...packed])
    expect(check(run, { width, count: 8, most, counted: last }).matching).toBe(1)
    expect(() => check(run, { width, count: 8, most: most - 1 })).toThrow(`got ${most}`)
  })

  it.each([
    ["a run that is longer than the page has values", bytes(0xfe, 0xff, 0xff, 0xff, 0x0f, 1)],
    ["a run of nothing", bytes(0, 1)],
    ["packed bits that the page does not have", bytes(0xff, 1, 0, 0)],
    ["no end of its length", bytes(0x80, 0x80)],
    ["fewer numbers than there must be", bytes(2 << 1, 1)],
    ["a level that is too large", bytes(10 << 1, 3)],
  ])("%s - an error", (_, run) => {
    expect(() => check(run, { width: 1, count: 10, most: 1 })).toThrow("a page must h")
  })

  it("numbers of no bits - no more of them than there must be", () => {
    expect(check(bytes(10 << 1), { width: 0, count: 10, most: 0 }).end).toBe(1)
    expect(() => check(bytes(0xff, 0xff, 0x7f), { width: 0, count: 10, most: 0 })).toThrow("got a run of")
  })
})

describe("checkValues", () => {
  const text = { type: "BYTE_ARRAY", name: "review" } as const
  const texts = bytes(2, 0, 0, 0, 104, 105, 1, 0, 0, 0, 97)
  const check =
    (page: Uint8Array, encoding: number, count: number, more: object = {}) =>
    () =>
      checkValues(page, 0, { encoding, count, element: text, dictionary: undefined, ...more })

  it("plain texts - as many as there must be, to the end of the page but for a few zero bytes", () => {
    expect(check(texts, valueEncodings.plain, 2)).not.toThrow()
    expect(check(Uint8Array.from([...texts, ...Array<number>(8).fill(0)]), valueEncodings.plain, 2)).not.toThrow()
    for (const count of [1, 3]) expect(check(texts, valueEncodings.plain, count)).toThrow("and end")
    expect(check(texts.with(6, 2), valueEncodings.plain, 2)).toThrow("ends elsewhere")
    expect(check(Uint8Array.from([...texts, 1]), valueEncodings.plain, 2)).toThrow("ends elsewhere")
  })

  it("numbers - as many bytes as they have", () => {
    const numbers = { element: { type: "INT64", name: "id" } }
    expect(check(new Uint8Array(24), valueEncodings.plain, 3, numbers)).not.toThrow()
    expect(check(new Uint8Array(23), valueEncodings.plain, 3, numbers)).toThrow("ends elsewhere")
    expect(check(new Uint8Array(24), valueEncodings.byteStreamSplit, 4, numbers)).toThrow("ends elsewhere")
  })

  it("indexes - entries that the dictionary has", () => {
    const page = bytes(2, 3, 0b11_10_01_00, 0)
    expect(check(page, valueEncodings.rleDictionary, 4, { dictionary: 4 })).not.toThrow()
    expect(check(page, valueEncodings.rleDictionary, 4, { dictionary: 3 })).toThrow("above 2; got 3")
    expect(check(page, valueEncodings.plainDictionary, 4)).toThrow("must come after one")
    expect(check(bytes(33, 2, 0), valueEncodings.rleDictionary, 1, { dictionary: 4 })).toThrow(
      "at most 32 bits; got 33",
    )
    expect(check(bytes(0), valueEncodings.rleDictionary, 4, { dictionary: 1 })).not.toThrow()
    expect(check(bytes(0), valueEncodings.rleDictionary, 4, { dictionary: 0 })).toThrow("without entries")
  })

  it("lengths as differences - of as many texts as there must be", () => {
    // Blocks of 128, of 4 parts, 2 values, the first 2 (4 in zigzag), difference -1 (1), no bits.
    const page = bytes(0x80, 1, 4, 2, 4, 1, 0, 0, 0, 0, 104, 105, 97)
    expect(check(page, valueEncodings.deltaLengthByteArray, 2)).not.toThrow()
    expect(check(page, valueEncodings.deltaLengthByteArray, 3)).toThrow("must have 3 values; got 2")
    expect(check(page.subarray(0, 12), valueEncodings.deltaLengthByteArray, 2)).toThrow("ends elsewhere")
    expect(check(page.with(2, 0), valueEncodings.deltaLengthByteArray, 2)).toThrow("parts of 8 values")
    expect(check(page.with(4, 3), valueEncodings.deltaLengthByteArray, 2)).toThrow("0 bytes or more; got -2")
  })

  it("beginnings that a text has of the one before it - no longer than that", () => {
    const lengths = (first: number, difference: number) => [0x80, 1, 4, 2, first, difference, 0, 0, 0, 0]
    const page = (prefix: number) => bytes(...lengths(0, prefix * 2), ...lengths(4, 1), 104, 105, 97)
    expect(check(page(2), valueEncodings.deltaByteArray, 2)).not.toThrow()
    expect(check(page(3), valueEncodings.deltaByteArray, 2)).toThrow("at most the 2 bytes of the one before it; got 3")
  })

  it("another encoding - an error", () => {
    expect(check(texts, 4, 2)).toThrow("an encoding that can be read; got 4")
    expect(check(texts, valueEncodings.rle, 2)).toThrow("ends elsewhere")
  })
})

describe("checkSnappy", () => {
  // "abab" as two letters and a copy of them.
  const block = bytes(6, 1 << 2, 97, 98, ((4 - 4) << 2) | 1, 2)

  it("a block - has the length that it says, and copies what it has", () => {
    expect(() => checkSnappy(block, 6)).not.toThrow()
    expect(() => checkSnappy(block, 7)).toThrow("must hold the 7 bytes")
    expect(() => checkSnappy(block.with(5, 3), 6)).toThrow("damaged")
    expect(() => checkSnappy(block.subarray(0, 5), 6)).toThrow("damaged")
    expect(() => checkSnappy(block.with(0, 0x85), 6)).toThrow()
  })
})

describe("checkLz4", () => {
  // "ab", and four bytes from two before; then "c".
  const block = bytes(0x20, 97, 98, 2, 0, 0x10, 99)

  it("a block - has the length that it must have, and copies what it has", () => {
    expect(() => checkLz4(block, 7)).not.toThrow()
    expect(() => checkLz4(block, 8)).toThrow("must hold the 8 bytes")
    expect(() => checkLz4(block.with(3, 3), 7)).toThrow("damaged")
    expect(() => checkLz4(block.subarray(0, 6), 7)).toThrow("damaged")
    expect(() => checkLz4(bytes(0), 0)).not.toThrow()
  })

  it("with Hadoop's lengths before it - the same", () => {
    const page = bytes(0, 0, 0, 7, 0, 0, 0, 7, ...block)
    expect(() => checkHadoopLz4(page, 7)).not.toThrow()
    expect(() => checkHadoopLz4(block, 7)).not.toThrow()
    expect(() => checkHadoopLz4(page, 8)).toThrow("damaged")
  })
})
