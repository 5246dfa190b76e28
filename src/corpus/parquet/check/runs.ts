/** One of whole numbers of a few bits each, which are one after the other in bytes. */
function packedAt(bytes: Uint8Array, from: number, width: number, index: number): number {
  const bit = index * width
  const [at, shift] = [from + Math.floor(bit / 8), bit % 8]
  const low = littleEndian(bytes, at, 4)
  // Of more bits than these, the last may be in a fifth byte.
  if (width <= 24) return (low >>> shift) % 2 ** width
  return Math.floor((low + (bytes[at + 4] ?? 0) * 2 ** 32) / 2 ** shift) % 2 ** width
}

/** What runs of numbers hold. */
export interface Runs {
  /** Where they end. */
  readonly end: number
  /** How many of the numbers are the one that was asked for. */
  readonly matching: number
}

/**
 * Checks numbers in Parquet's hybrid of runs and packed bits: that there are as many as there must be, and none is too large. A run
 * that is longer would be read without end.
 *
 * @param bounds - where they begin, and where the bytes end that may hold them
 * @param rules - bits a number, how many there are, the largest, and the one that is counted
 * @throws Error
 */
export function checkRuns(
  bytes: Uint8Array,
  { from, to }: { readonly from: number; readonly to: number },
  rules: { readonly width: number; readonly count: number; readonly most: number; readonly counted?: number },
): Runs {
  const { width, count, most, counted } = rules
  let [at, seen, matching] = [from, 0, 0]
  const take = (value: number, times: number) => {
    if (value > most) throw new Error(`a page must have no level or index above ${most}; got ${value}`)
    if (value === counted) matching += times
    seen += times
  }
  while (seen < count) {
    const head = varint(bytes, at, to)
    at = head.end
    const runBytes = head.value % 2 === 1 ? Math.floor(head.value / 2) * width : Math.ceil(width / 8)
    const length = head.value % 2 === 1 ? Math.floor(head.value / 2) * 8 : Math.floor(head.value / 2)
    const isPacked = head.value % 2 === 1
    if (length === 0 || at + runBytes > to || (!isPacked && length > count - seen))
      throw new Error(`a page must have runs of its ${count} levels or indexes; got one of ${length}`)
    if (isPacked && width === 0 && length >= count - seen + 8)
      throw new Error(`a page must have ${count} levels or indexes; got a run of ${length}`)
    if (isPacked) {
      const wanted = Math.min(length, count - seen)
      for (let index = 0; index < wanted; index++) take(packedAt(bytes, at, width, index), 1)
    } else take(littleEndian(bytes, at, runBytes), length)
    at += runBytes
  }
  return { end: at, matching }
}

/** A number of at most four bytes, without a sign. */
function littleEndian(bytes: Uint8Array, at: number, length: number): number {
  let value = 0
  for (let byte = 0; byte < length; byte++) value |= (bytes[at + byte] ?? 0) << (8 * byte)
  return value >>> 0
}

/** A number of 32 bits, seven a byte, the lowest first. */
export function varint(bytes: Uint8Array, from: number, to: number): { readonly value: number; readonly end: number } {
  let value = 0
  for (let at = from; at < Math.min(to, from + 5); at++) {
    const byte = bytes[at] as number
    value += (byte & 0x7f) * 2 ** (7 * (at - from))
    if (byte < 0x80) {
      if (value >= 2 ** 32) break
      return { value, end: at + 1 }
    }
  }
  throw new Error("a page must hold whole numbers where their lengths are")
}
