import type { SchemaElement } from "hyparquet"
import { deltaBinaryUnpack } from "hyparquet/src/delta.js"
import { checkRuns, varint } from "./runs.ts"

/** Encodings of Parquet that are read, by their numbers in parquet.thrift. */
export const valueEncodings = {
  plain: 0,
  plainDictionary: 2,
  rle: 3,
  deltaBinaryPacked: 5,
  deltaLengthByteArray: 6,
  deltaByteArray: 7,
  rleDictionary: 8,
  byteStreamSplit: 9,
} as const

/** What a page holds after its levels. */
export interface PageValues {
  readonly encoding: number
  /** How many values there are, without nulls. */
  readonly count: number
  readonly element: SchemaElement
  /** Entries of the dictionary; `undefined` if none exists. */
  readonly dictionary: number | undefined
}

const fixedBytes: Readonly<Partial<Record<string, number>>> = { INT32: 4, INT64: 8, INT96: 12, FLOAT: 4, DOUBLE: 8 }

/** fastparquet adds this many zero bytes after texts. */
const mostPadding = 8

/**
 * Checks that the rest of a page holds its values, and nothing else. The library reads past the end of a page if a length in it is
 * too large, and leaves out an entry that the dictionary does not have.
 *
 * @throws Error
 */
export function checkValues(page: Uint8Array, from: number, values: PageValues): void {
  const { encoding, count, element } = values
  if (count === 0) return
  const end = endOf(page, from, values)
  const isWhole = end <= page.length && page.length - end <= mostPadding && page.subarray(end).every(byte => byte === 0)
  if (!isWhole)
    throw new Error(`a page must hold ${count} values and end; encoding ${encoding} of ${element.type} ends elsewhere`)
}

/** Where the values end. */
function endOf(page: Uint8Array, from: number, { encoding, count, element, dictionary }: PageValues): number {
  const { type } = element
  const width = type === "FIXED_LEN_BYTE_ARRAY" ? element.type_length : fixedBytes[type ?? ""]
  switch (encoding) {
    case valueEncodings.plain:
      if (type === "BYTE_ARRAY") return endOfTexts(page, from, count)
      return from + (type === "BOOLEAN" ? Math.ceil(count / 8) : count * (width ?? Number.NaN))
    case valueEncodings.byteStreamSplit:
      return from + count * (width ?? Number.NaN)
    case valueEncodings.plainDictionary:
    case valueEncodings.rleDictionary:
      return endOfIndexes(page, from, count, dictionary)
    case valueEncodings.rle: {
      if (type !== "BOOLEAN" || from + 4 > page.length) return Number.NaN
      const to = from + 4 + viewOf(page).getUint32(from, true)
      if (to <= page.length) checkRuns(page, { from: from + 4, to }, { width: 1, count, most: 1 })
      return to
    }
    case valueEncodings.deltaBinaryPacked:
      return endOfDeltas(page, from, count, type === "INT32" ? new Int32Array(count) : new BigInt64Array(count))
    case valueEncodings.deltaLengthByteArray: {
      const lengths = new Int32Array(count)
      const at = endOfDeltas(page, from, count, lengths)
      return at + sumOf(lengths)
    }
    case valueEncodings.deltaByteArray:
      return endOfPrefixed(page, from, count)
    default:
      throw new Error(`a page must have an encoding that can be read; got ${encoding}`)
  }
}

const viewOf = (page: Uint8Array) => new DataView(page.buffer, page.byteOffset, page.byteLength)

function endOfTexts(page: Uint8Array, from: number, count: number): number {
  const view = viewOf(page)
  let at = from
  for (let text = 0; text < count; text++) {
    if (at + 4 > page.length) return Number.NaN
    at += 4 + view.getUint32(at, true)
  }
  return at
}

function endOfIndexes(page: Uint8Array, from: number, count: number, dictionary: number | undefined): number {
  if (dictionary === undefined) throw new Error("a page whose values are in a dictionary must come after one")
  const width = page[from] as number
  if (from >= page.length || width > 32)
    throw new Error(`indexes into a dictionary must have at most 32 bits; got ${width}`)
  if (dictionary === 0) throw new Error("a page must have no index into a dictionary without entries")
  // Indexes of no bits are all 0: there may be no run of them.
  if (width === 0 && from + 1 === page.length) return page.length
  return checkRuns(page, { from: from + 1, to: page.length }, { width, count, most: dictionary - 1 }).end
}

/** Unpacks whole numbers that are stored as differences. */
function endOfDeltas(page: Uint8Array, from: number, count: number, output: Int32Array | BigInt64Array): number {
  const block = varint(page, from, page.length)
  const parts = varint(page, block.end, page.length)
  const total = varint(page, parts.end, page.length)
  if (total.value !== count) throw new Error(`a page must have ${count} values; got ${total.value}`)
  const partValues = block.value / parts.value
  if (partValues % 8 !== 0 || partValues === 0 || block.value > 2 ** 20)
    throw new Error(`blocks of differences must have parts of 8 values or more; got ${partValues}`)
  const reader = { view: viewOf(page), offset: from }
  deltaBinaryUnpack(reader, count, output)
  return reader.offset
}

function sumOf(lengths: Int32Array): number {
  return lengths.reduce((sum, length) => {
    if (length < 0) throw new Error(`a text must have 0 bytes or more; got ${length}`)
    return sum + length
  }, 0)
}

/** The longest texts that a page may have together once their beginnings are added. */
const mostBytes = 2 ** 31

function endOfPrefixed(page: Uint8Array, from: number, count: number): number {
  const [prefixes, suffixes] = [new Int32Array(count), new Int32Array(count)]
  const at = endOfDeltas(page, endOfDeltas(page, from, count, prefixes), count, suffixes)
  const end = at + sumOf(suffixes)
  let [before, total] = [0, 0]
  for (const [text, prefix] of prefixes.entries()) {
    if (prefix < 0 || prefix > before)
      throw new Error(`a text must begin with at most the ${before} bytes of the one before it; got ${prefix}`)
    before = prefix + (suffixes[text] as number)
    total += before
    if (total > mostBytes) throw new Error(`the texts of a page must have at most ${mostBytes} bytes`)
  }
  return end
}
