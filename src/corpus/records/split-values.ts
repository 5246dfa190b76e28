import { KeptBytes } from "./kept-bytes.ts"
import type { RawRecord, RecordBatch, Splitter } from "./record.ts"

const [newline, quote, backslash, comma] = [0x0a, 0x22, 0x5c, 0x2c]
const [openBracket, closeBracket, openBrace, closeBrace] = [0x5b, 0x5d, 0x7b, 0x7d]
const isSpace = (byte: number) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)

/** Between values; in an object, an array or a string; or in anything else that a value might be. */
type Mode = "between" | "nested" | "string" | "bare"

/**
 * Cuts JSON values out of blocks of bytes, however many lines each has: the elements of one array, or values that follow each
 * other. It reads each byte once, regardless of the blocks.
 */
export class ValueSplitter implements Splitter {
  readonly #maxRowBytes: number
  readonly #kept = new KeptBytes()
  /** Whether the values are elements of an array; "begun" after its bracket, "ended" after the other. */
  #array: "none" | "expected" | "begun" | "ended"
  #mode: Mode = "between"
  #depth = 0
  #escaped = false
  /** Bytes of the value that was begun which were looked at. */
  #at = 0
  /** The value is longer than a row may be, and is not kept. */
  #isTooLong = false
  #sawBytes = false
  #offset: number
  #line: number
  #valueLine = 0

  /**
   * @param array - `expected` if the array is to begin, `begun` within it, `none` for values without one
   * @param offset - where in the decompressed input the first block begins
   * @param line - the line that begins there
   */
  constructor(maxRowBytes: number, array: "none" | "expected" | "begun", offset: number, line: number) {
    this.#maxRowBytes = maxRowBytes
    this.#array = array
    this.#offset = offset
    this.#line = line
  }

  get offset(): number {
    return this.#offset
  }

  get line(): number {
    return this.#line
  }

  push(block: Buffer, last = false): RecordBatch {
    const buffer = this.#kept.join(block)
    const offset = this.#offset
    const records: RawRecord[] = []
    this.#sawBytes ||= buffer.length > 0
    let from = 0
    let at = this.#at
    while (at < buffer.length) {
      const byte = buffer[at] as number
      if (this.#mode === "between") {
        at++
        if (!this.#begins(byte)) from = at
      } else if (this.#endsBefore(byte)) {
        records.push(this.#record(from, at))
        from = at
      } else {
        at++
        if (byte === newline) this.#line++
        if (this.#endsWith(byte)) {
          records.push(this.#record(from, at))
          from = at
        } else if (at - from > this.#maxRowBytes) {
          this.#isTooLong = true
          from = at
        }
      }
    }
    if (last) records.push(...this.#conclude(from, at))
    this.#offset = offset + (last ? at : from)
    this.#at = at - from
    this.#kept.keep(buffer, last ? at : from)
    return { buffer, offset, records }
  }

  /** Whether a value begins with a byte between values. */
  #begins(byte: number): boolean {
    if (byte === newline) this.#line++
    if (isSpace(byte) || (byte === comma && this.#array === "begun")) return false
    if (byte === openBracket && this.#array === "expected") {
      this.#array = "begun"
      return false
    }
    if (byte === closeBracket && this.#array === "begun") {
      this.#array = "ended"
      return false
    }
    this.#valueLine = this.#line
    this.#depth = byte === openBrace || byte === openBracket ? 1 : 0
    this.#mode = this.#depth === 1 ? "nested" : "bare"
    return true
  }

  /** Whether a byte ends a value that has no end of its own. */
  #endsBefore(byte: number): boolean {
    return (
      this.#mode === "bare" && (isSpace(byte) || (this.#array === "begun" && (byte === comma || byte === closeBracket)))
    )
  }

  #endsWith(byte: number): boolean {
    if (this.#mode === "string") {
      if (this.#escaped) this.#escaped = false
      else if (byte === backslash) this.#escaped = true
      else if (byte === quote) this.#mode = "nested"
      return false
    }
    if (this.#mode === "bare") return false
    if (byte === quote) this.#mode = "string"
    else if (byte === openBrace || byte === openBracket) this.#depth++
    else if (byte === closeBrace || byte === closeBracket) this.#depth--
    return this.#depth === 0
  }

  #record(from: number, to: number, problem?: string): RawRecord {
    const [line, lines] = [this.#valueLine, this.#line - this.#valueLine]
    this.#mode = "between"
    const isTooLong = this.#isTooLong
    this.#isTooLong = false
    const why = isTooLong
      ? `is longer than maxRowBytes, ${this.#maxRowBytes}`
      : (problem ?? (this.#array === "ended" ? "comes after the end of the array" : undefined))
    return { from: isTooLong ? to : from, to, next: to, line, lines, problem: why }
  }

  /** What is wrong if the input ends. */
  *#conclude(from: number, to: number): Generator<RawRecord> {
    if (this.#mode === "bare") yield this.#record(from, to)
    else if (this.#mode !== "between") yield this.#record(from, to, "is cut off: the JSON value is not closed")
    if (this.#array !== "begun" || !this.#sawBytes) return
    this.#valueLine = this.#line
    yield this.#record(to, to, "is where the input ends, and its JSON array is not closed: the file may be cut off")
  }
}
