import { KeptBytes } from "./kept-bytes.ts"
import {
  broken,
  carriageReturn,
  countNewlines,
  endsInEscape,
  more,
  newline,
  QuotedRecord,
  quote,
  tooLong,
} from "./quoted-record.ts"
import type { RawRecord, RecordBatch, RecordRules, Splitter } from "./record.ts"
import { SkippedRecord } from "./skipped-record.ts"

/**
 * Cuts blocks of bytes into records, at line ends outside of quotes, and knows each record's place in the file.
 *
 * A field is quoted if a quote is its first byte, and ends at the next quote that is neither doubled nor escaped; if another
 * character follows that one, the field is taken as it stands if it is on one line. A quote that is closed badly
 * some lines on, or not within `maxRowBytes`, or not at all, makes its line a record with a `problem`, and the next
 * record begins on the next line: one stray quote does not swallow the rest of the file. If a record seems to be torn, because a
 * later quote closes a field that none opens, or because its quotes are escaped by backslashes that `escape` does not name,
 * all of its lines are one record with a `problem`. Empty lines are no records.
 *
 * The work grows with the bytes, not with the number of blocks: a record that has not ended keeps its place.
 */
export class RecordSplitter implements Splitter {
  readonly #rules: RecordRules
  readonly #kept = new KeptBytes()
  #offset: number
  #line: number
  #skipping = false
  /** A quote at or after this place is the next one; places before it hold none. */
  #nextQuote = 0
  /** Bytes of the record which has not ended that hold no line end. */
  #searched = 0
  /** Where the first line of that record ends, counted from its beginning; -1 if that has not been read. */
  #lineEnd = -1
  #quoted: QuotedRecord | undefined
  #skipped: SkippedRecord | undefined
  #work = 0

  /**
   * @param offset - where in the decompressed input the first block begins
   * @param line - the line that begins there
   */
  constructor(rules: RecordRules, offset: number, line: number) {
    this.#rules = rules
    this.#offset = offset
    this.#line = line
  }

  get offset(): number {
    return this.#offset
  }

  get line(): number {
    return this.#line
  }

  /** Bytes that were looked at or copied so far. */
  get work(): number {
    return this.#work + this.#kept.work
  }

  push(block: Buffer, last = false): RecordBatch {
    const buffer = this.#kept.join(block)
    const records: RawRecord[] = []
    const offset = this.#offset
    let from = 0
    while (from < buffer.length || (last && (this.#skipping || this.#skipped !== undefined))) {
      const record = this.#next(buffer, from, last)
      if (record === undefined) break
      if (record.to > record.from || record.problem !== undefined || this.#isEmptyLine(record)) records.push(record)
      from = record.next
      this.#line += record.lines
      this.#searched = 0
      this.#lineEnd = -1
      this.#quoted = undefined
    }
    this.#offset = offset + from
    this.#nextQuote = Math.max(0, this.#nextQuote - from)
    this.#kept.keep(buffer, from)
    return { buffer, offset, records }
  }

  #isEmptyLine({ lines }: RawRecord): boolean {
    return this.#rules.keepsEmpty === true && lines > 0
  }

  #next(buffer: Buffer, from: number, last: boolean): RawRecord | undefined {
    if (this.#skipped !== undefined) return this.#skipRecord(this.#skipped, buffer, from, from, last)
    const end = this.#endOfLine(buffer, from)
    if (this.#skipping) return this.#skip(buffer, from, end, last)
    const lineEnd = end === -1 ? buffer.length : end
    if (!this.#hasQuote(buffer, from, lineEnd)) return this.#lineRecord(buffer, from, end, last)
    this.#quoted ??= new QuotedRecord(this.#rules, this.#line)
    const quoted = this.#quoted
    const before = quoted.work
    const recordEnd = quoted.end(buffer, from, last)
    this.#work += quoted.work - before
    if (recordEnd === more) return undefined
    if (recordEnd === tooLong) {
      const seen = from + this.#rules.maxRowBytes + 1
      this.#skipped = new SkippedRecord(this.#rules, quoted.atFieldStart)
      this.#skipped.lines = countNewlines(buffer, from, seen)
      return this.#skipRecord(this.#skipped, buffer, from, seen, last)
    }
    if (recordEnd === broken) return this.#lineRecord(buffer, from, end, last, quoted.problem)
    if (recordEnd <= lineEnd) return this.#lineRecord(buffer, from, end, last, quoted.problem)
    return this.#record(buffer, from, recordEnd, 1 + countNewlines(buffer, from, recordEnd), quoted.problem)
  }

  /** Where the line ends that begins at `from`; -1 if its end has not been read. */
  #endOfLine(buffer: Buffer, from: number): number {
    if (this.#lineEnd !== -1) return from + this.#lineEnd
    const { delimiter, escape: ignored } = this.#rules
    let end = buffer.indexOf(newline, from + this.#searched)
    if (delimiter === undefined && ignored !== undefined)
      while (end !== -1 && endsInEscape(buffer, from, buffer[end - 1] === carriageReturn ? end - 1 : end, ignored))
        end = buffer.indexOf(newline, end + 1)
    const searched = (end === -1 ? buffer.length : end + 1) - from
    this.#work += searched - this.#searched
    this.#searched = searched
    if (end !== -1) this.#lineEnd = end - from
    return end
  }

  /** The record that is one line; none yet if its end has not been read. */
  #lineRecord(buffer: Buffer, from: number, end: number, last: boolean, problem?: string): RawRecord | undefined {
    const length = (end === -1 ? buffer.length : end) - from
    if (length > this.#rules.maxRowBytes) return this.#skip(buffer, from, end, last)
    if (end === -1 && !last) return undefined
    const to = end === -1 ? buffer.length : end
    const isEscaping = this.#rules.delimiter === undefined && this.#rules.escape !== undefined
    return this.#record(buffer, from, to, isEscaping ? 1 + countNewlines(buffer, from, to) : 1, problem)
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

  /** The same for a record with quotes, which may have several lines. */
  #skipRecord(skipped: SkippedRecord, buffer: Buffer, from: number, seen: number, last: boolean): RawRecord {
    const end = skipped.end(buffer, seen)
    const ended = end !== -1 || last
    const next = end === -1 ? buffer.length : end + 1
    this.#work += next - seen
    if (!ended) return { from, to: from, next, line: this.#line, lines: 0, problem: undefined }
    this.#skipped = undefined
    const lines = skipped.lines + (end === -1 ? 1 : 0)
    const problem = `is longer than maxRowBytes, ${this.#rules.maxRowBytes}`
    return { from, to: from, next, line: this.#line, lines, problem }
  }

  #hasQuote(buffer: Buffer, from: number, to: number): boolean {
    if (this.#rules.delimiter === undefined) return false
    if (this.#nextQuote < from) this.#nextQuote = from
    if (this.#nextQuote < buffer.length && buffer[this.#nextQuote] !== quote) {
      const found = buffer.indexOf(quote, this.#nextQuote)
      const next = found === -1 ? buffer.length : found
      this.#work += next - this.#nextQuote
      this.#nextQuote = next
    }
    return this.#nextQuote < to
  }
}
