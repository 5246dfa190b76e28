/** The bytes of one row, before anyone has looked at its fields. */
export interface RawRecord {
  /** Where it begins in `RecordBatch.buffer`. */
  readonly from: number
  /** Where its last byte ends; the line ending is not counted. */
  readonly to: number
  /** Where the next record begins. */
  readonly next: number
  /** The line of the file that it begins on; the first is 1. */
  readonly line: number
  /** Lines that it spans. */
  readonly lines: number
  /** Why it is no record, where that is so: then it is the rest of one line alone. */
  readonly problem: string | undefined
}

/** Records that lie behind each other in one buffer. */
export interface RecordBatch {
  readonly buffer: Buffer
  /** Where `buffer` begins in the decompressed input. */
  readonly offset: number
  readonly records: readonly RawRecord[]
}

/** What decides where a record ends. */
export interface RecordRules {
  /** Between fields; `undefined` where no field is quoted, so that each line is a record. */
  readonly delimiter: number | undefined
  readonly maxRowBytes: number
}

const newline = 0x0a
const carriageReturn = 0x0d
const quote = 0x22

/** The record's end has not been read yet. */
const more = -1
/** A quote is not closed within `maxRowBytes`, or badly. */
const broken = -2
/** The record goes on behind `maxRowBytes`. */
const tooLong = -3

/**
 * Cuts blocks of bytes into records, at line ends outside of quotes, and knows each record's place in the file.
 *
 * A field is quoted where a quote is its first byte, and ends at the next quote that is not doubled; where another
 * character follows that one, the field is taken as it stands if it lies on one line. A quote that is closed badly
 * some lines on, or not within `maxRowBytes`, or not at all, makes its line a record with a `problem`, and the next
 * record begins on the next line: one stray quote does not swallow the rest of the file. Empty lines are no records.
 */
export class RecordSplitter {
  readonly #rules: RecordRules
  #rest: Buffer = Buffer.alloc(0)
  #offset: number
  #line: number
  #skipping = false
  /** A quote at or behind this place is the next one; places before it hold none. */
  #nextQuote = 0
  #problem = ""

  /**
   * @param offset - where in the decompressed input the first block begins
   * @param line - the line that begins there
   */
  constructor(rules: RecordRules, offset: number, line: number) {
    this.#rules = rules
    this.#offset = offset
    this.#line = line
  }

  /** Where the next record begins. */
  get offset(): number {
    return this.#offset
  }

  /** The line that the next record begins on. */
  get line(): number {
    return this.#line
  }

  /** The records that end in this block; with `last`, the one that the end of the file closes too. */
  push(block: Buffer, last = false): RecordBatch {
    const buffer = this.#rest.length === 0 ? block : Buffer.concat([this.#rest, block])
    const records: RawRecord[] = []
    const offset = this.#offset
    this.#nextQuote = 0
    let from = 0
    while (from < buffer.length || (last && this.#skipping)) {
      const record = this.#next(buffer, from, last)
      if (record === undefined) break
      if (record.to > record.from || record.problem !== undefined) records.push(record)
      from = record.next
      this.#line += record.lines
    }
    this.#offset = offset + from
    this.#rest = buffer.subarray(from)
    return { buffer, offset, records }
  }

  #next(buffer: Buffer, from: number, last: boolean): RawRecord | undefined {
    const end = buffer.indexOf(newline, from)
    if (this.#skipping) return this.#skip(buffer, from, end, last)
    const lineEnd = end === -1 ? buffer.length : end
    if (!this.#hasQuote(buffer, from, lineEnd)) return this.#lineRecord(buffer, from, end, last)
    const recordEnd = this.#endOfQuoted(buffer, from, last)
    if (recordEnd === more) return undefined
    if (recordEnd === tooLong) return this.#skip(buffer, from, end, last)
    if (recordEnd === broken) return this.#lineRecord(buffer, from, end, last, this.#problem)
    if (recordEnd <= lineEnd) return this.#lineRecord(buffer, from, end, last)
    return this.#record(buffer, from, recordEnd, 1 + countNewlines(buffer, from, recordEnd))
  }

  /** The record that is one line; none yet where its end has not been read. */
  #lineRecord(buffer: Buffer, from: number, end: number, last: boolean, problem?: string): RawRecord | undefined {
    const length = (end === -1 ? buffer.length : end) - from
    if (length > this.#rules.maxRowBytes) return this.#skip(buffer, from, end, last)
    if (end === -1 && !last) return undefined
    return this.#record(buffer, from, end === -1 ? buffer.length : end, 1, problem)
  }

  #record(buffer: Buffer, from: number, end: number, lines: number, problem?: string): RawRecord {
    const to = end > from && buffer[end - 1] === carriageReturn ? end - 1 : end
    return { from, to, next: Math.min(end + 1, buffer.length), line: this.#line, lines, problem }
  }

  /** Passes over a line that is longer than a row may be, and when it has ended says that it was. */
  #skip(buffer: Buffer, from: number, end: number, last: boolean): RawRecord {
    const ended = end !== -1 || last
    const next = end === -1 ? buffer.length : end + 1
    this.#skipping = !ended
    const problem = ended ? `is longer than maxRowBytes, ${this.#rules.maxRowBytes}` : undefined
    return { from, to: from, next, line: this.#line, lines: ended ? 1 : 0, problem }
  }

  #hasQuote(buffer: Buffer, from: number, to: number): boolean {
    if (this.#rules.delimiter === undefined) return false
    if (this.#nextQuote < from) this.#nextQuote = from
    if (this.#nextQuote < buffer.length && buffer[this.#nextQuote] !== quote) {
      const found = buffer.indexOf(quote, this.#nextQuote)
      this.#nextQuote = found === -1 ? buffer.length : found
    }
    return this.#nextQuote < to
  }

  /**
   * Where the line ending of a record with quotes begins, or the file ends; `more`, `broken` or `tooLong`. Nothing behind
   * `maxRowBytes` is looked at, so that the answer does not depend on how much of it has been read.
   */
  #endOfQuoted(buffer: Buffer, from: number, last: boolean): number {
    const end = Math.min(buffer.length, from + this.#rules.maxRowBytes + 1)
    for (let at = from; ; at++) {
      if (at < end && buffer[at] === quote) {
        const after = this.#afterQuoted(buffer, from, at, last)
        if (after < 0) return after
        at = after
      }
      while (at < end && buffer[at] !== this.#rules.delimiter && buffer[at] !== newline) at++
      if (at === end) return end - from > this.#rules.maxRowBytes ? tooLong : last ? at : more
      if (buffer[at] === newline) return at
    }
  }

  /** Behind the quote that closes the field which the quote at `opens` begins; `more` or `broken`. */
  #afterQuoted(buffer: Buffer, from: number, opens: number, last: boolean): number {
    let close = buffer.indexOf(quote, opens + 1)
    while (close !== -1 && buffer[close + 1] === quote) close = buffer.indexOf(quote, close + 2)
    const line = () => this.#line + countNewlines(buffer, from, opens)
    if ((close === -1 ? buffer.length : close) - from > this.#rules.maxRowBytes)
      return this.#break(`a quote opens on line ${line()} and is not closed within ${this.#rules.maxRowBytes} bytes`)
    if (close === -1) return last ? this.#break(`a quote opens on line ${line()} and is not closed`) : more
    if (close + 2 >= buffer.length && !last) return more
    const next = buffer[close + 1]
    const closed =
      next === undefined ||
      next === this.#rules.delimiter ||
      next === newline ||
      (next === carriageReturn && buffer[close + 2] === newline)
    if (closed || countNewlines(buffer, opens, close) === 0) return close + 1
    const closes = this.#line + countNewlines(buffer, from, close)
    return this.#break(`a quote opens on line ${line()}, and text follows the quote that closes it on line ${closes}`)
  }

  #break(problem: string): typeof broken {
    this.#problem = problem
    return broken
  }
}

function countNewlines(buffer: Buffer, from: number, to: number): number {
  let lines = 0
  for (let at = buffer.indexOf(newline, from); at !== -1 && at < to; at = buffer.indexOf(newline, at + 1)) lines++
  return lines
}
