import type { RecordRules } from "./record.ts"

export const newline = 0x0a
export const carriageReturn = 0x0d
export const quote = 0x22
const backslash = 0x5c

/** The record's end has not been read yet. */
export const more = -1
/** A quote is not closed within `maxRowBytes`, or badly. */
export const broken = -2
/** The record is longer than `maxRowBytes`. */
export const tooLong = -3

/** There is no other way to read the quotes. */
const none = -4

/** How far a suspicious quote is looked for the one that would close it. */
const lookAheadBytes = 64 * 1024

/**
 * Looks for the end of one record that has quotes. It keeps its place: when more bytes have come it continues where it
 * stopped, so that the work grows with the record's bytes and not with the number of its pieces.
 *
 * Places are counted from the record's beginning.
 */
export class QuotedRecord {
  /** Why it is no record; set when its end, or `broken`, is returned. */
  problem: string | undefined
  /** Bytes that were looked at. */
  work = 0
  readonly #rules: RecordRules
  readonly #line: number
  /** What keeps a quote from closing its field; changes where quotes turn out to be escaped by backslashes. */
  #escape: number | undefined
  #at = 0
  /** The quote that is open. */
  #opens = -1
  #atFieldStart = true
  /** The quote that begins a field which is taken as it stands, because text follows the quote that closes it. */
  #stands = -1

  /** Whether the place that was reached is the beginning of a field. */
  get atFieldStart(): boolean {
    return this.#atFieldStart
  }

  #isBroken = false
  /** How far a look ahead came that needs more bytes; -1 if none does. */
  #ahead = -1

  /** @param line - the line that the record begins on */
  constructor(rules: RecordRules, line: number) {
    this.#rules = rules
    this.#line = line
    this.#escape = rules.escape
  }

  /**
   * Where the record's line ending begins, or the file ends; `more`, `broken` or `tooLong`. Nothing after `maxRowBytes` decides
   * it, so the answer does not depend on how much of the record has been read.
   *
   * @param from - where the record begins
   * @param last - whether no more bytes come
   */
  end(buffer: Buffer, from: number, last: boolean): number {
    // Its first line may not have ended yet.
    if (this.#isBroken) return broken
    const { delimiter, maxRowBytes } = this.#rules
    const end = Math.min(buffer.length, from + maxRowBytes + 1)
    for (;;) {
      let at = from + this.#at
      if (this.#opens === -1 && this.#atFieldStart && at < end && buffer[at] === quote) {
        this.#opens = this.#at
        at++
      }
      if (this.#opens !== -1) {
        at = this.#leaveQuotes(buffer, from, at, last)
        if (at < 0) {
          this.#isBroken = at === broken
          return at
        }
      }
      const began = at
      while (at < end && buffer[at] !== delimiter && buffer[at] !== newline) at++
      this.work += at - began
      if (at > from + this.#at) this.#atFieldStart = false
      this.#at = at - from
      if (at >= end && end - from > maxRowBytes) return tooLong
      if (at === end && !last) return more
      const torn = this.#stands === -1 ? none : this.#endOfTorn(buffer, from, at, last)
      if (torn === more) return more
      if (torn !== none) {
        this.#at = torn + 1 - from
        continue
      }
      if (at === end || buffer[at] === newline) return at
      this.#at++
      this.#atFieldStart = true
    }
  }

  /** The place after the quote that closes the open one; `more` or `broken`. */
  #leaveQuotes(buffer: Buffer, from: number, at: number, last: boolean): number {
    const { maxRowBytes } = this.#rules
    const opens = from + this.#opens
    const close = this.#closingQuote(buffer, at, opens)
    this.work += (close === -1 ? buffer.length : close + 1) - at
    const where = () => `a quote opens on line ${this.#line + countNewlines(buffer, from, opens)}`
    if ((close === -1 ? buffer.length : close) - from > maxRowBytes)
      return this.#break(`${where()} and is not closed within ${maxRowBytes} bytes`, buffer, from)
    if (close === -1 && last) return this.#break(`${where()} and is not closed`, buffer, from)
    this.#at = (close === -1 ? buffer.length : close) - from
    if (close === -1 || (close + 2 >= buffer.length && !last)) return more
    const closes = this.#isClosing(buffer, close)
    const escaped = this.#isEscaped(buffer, opens, close, backslash) && this.#rules.delimiter !== backslash
    if (escaped && this.#escape === undefined) {
      const other = this.#otherClosing(buffer, from, close, last, backslash)
      if (other === more) return more
      if (other !== none || (!closes && countNewlines(buffer, opens, close) === 0)) {
        this.problem = `${where()} and holds \\", which does not close it if quotes are escaped by a backslash: use escape '\\'`
        if (other === none) return broken
        this.#escape = backslash
        return this.#leaveQuotes(buffer, from, close + 1, last)
      }
    }
    if (!closes && countNewlines(buffer, opens, close) > 0) {
      const closed = this.#line + countNewlines(buffer, from, close)
      return this.#break(`${where()}, and text follows the quote that closes it on line ${closed}`, buffer, from)
    }
    this.#stands = closes ? -1 : this.#opens
    this.#opens = -1
    return close + 1
  }

  /**
   * Where the last quote of a torn field is: one that is taken as it stands, has an odd number of quotes, and is followed by a
   * quote that closes a field which none opens. `more`, or `none` if the field is not torn.
   */
  #endOfTorn(buffer: Buffer, from: number, at: number, last: boolean): number {
    const stands = from + this.#stands
    if (count(buffer, quote, stands, at) % 2 === 0) {
      this.#stands = -1
      return none
    }
    const end = this.#otherClosing(buffer, from, at - 1, last, this.#escape)
    if (end === more) return more
    this.#stands = -1
    if (end !== none)
      this.problem = `a quote opens on line ${this.#line + countNewlines(buffer, from, stands)}, and quotes within its field are not doubled`
    return end
  }

  /** The next quote that is neither doubled nor escaped; -1 if none has come. */
  #closingQuote(buffer: Buffer, from: number, opens: number): number {
    let at = buffer.indexOf(quote, from)
    for (; at !== -1; at = buffer.indexOf(quote, at + 1)) {
      if (this.#isEscaped(buffer, opens, at, this.#escape)) continue
      if (buffer[at + 1] !== quote) return at
      at++
    }
    return -1
  }

  /** The next quote after `at` that is not escaped, if it closes a field and can open none; `more` or `none` otherwise. */
  #otherClosing(buffer: Buffer, from: number, at: number, last: boolean, by: number | undefined): number {
    const began = this.#ahead === -1 ? at + 1 : from + this.#ahead
    this.#ahead = -1
    let next = buffer.indexOf(quote, began)
    while (next !== -1 && this.#isEscaped(buffer, at, next, by)) next = buffer.indexOf(quote, next + 1)
    const looked = next === -1 ? buffer.length : next
    this.work += looked - began
    if (looked - at > lookAheadBytes || (next === -1 && last)) return none
    if (next === -1 || (next + 2 >= buffer.length && !last)) {
      this.#ahead = looked - from
      return more
    }
    const before = buffer[next - 1]
    const opens = before === this.#rules.delimiter || before === newline
    return !opens && this.#isClosing(buffer, next) ? next : none
  }

  /** Whether a quote is followed by what ends a field. */
  #isClosing(buffer: Buffer, at: number): boolean {
    const next = buffer[at + 1]
    return (
      next === undefined ||
      next === this.#rules.delimiter ||
      next === newline ||
      (next === carriageReturn && buffer[at + 2] === newline)
    )
  }

  /** Whether an odd number of escapes precedes a place, after the quote that opens its field. */
  #isEscaped(buffer: Buffer, opens: number, at: number, by: number | undefined): boolean {
    return by !== undefined && endsInEscape(buffer, opens + 1, at, by)
  }

  #break(problem: string, buffer: Buffer, from: number): typeof broken {
    const hint =
      this.#escape === undefined && hasEscapedQuote(buffer, from)
        ? "; if quotes are escaped by a backslash, use escape '\\'"
        : ""
    this.problem = `${problem}${hint}`
    return broken
  }
}

/** Whether the first line from a place on has a quote after a backslash. */
function hasEscapedQuote(buffer: Buffer, from: number): boolean {
  const end = buffer.indexOf(newline, from)
  return buffer.subarray(from, end === -1 ? buffer.length : end).includes('\\"')
}

/** Whether an odd number of escapes is before a place. */
export function endsInEscape(buffer: Buffer, from: number, to: number, by: number): boolean {
  let at = to
  while (at > from && buffer[at - 1] === by) at--
  return (to - at) % 2 === 1
}

/** Line ends between two places. */
export function countNewlines(buffer: Buffer, from: number, to: number): number {
  return count(buffer, newline, from, to)
}

function count(buffer: Buffer, byte: number, from: number, to: number): number {
  let found = 0
  // Nothing after `to` is looked at, however far the next such byte is.
  const part = buffer.subarray(from, to)
  for (let at = part.indexOf(byte); at !== -1; at = part.indexOf(byte, at + 1)) found++
  return found
}
