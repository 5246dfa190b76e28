import type { RawRecord, RecordBatch, Splitter } from "./record.ts"

const [quote, backslash, comma, list, object] = [...'"\\,[{'].map(character => character.charCodeAt(0))

/** Counts the values of JSON that comes in pieces; each byte is looked at once. */
export class ValueCount {
  readonly #most: number
  // Each value but the first has a character before it that is counted.
  #values = 1
  #inString = false
  /** The next byte is one that a backslash makes ordinary. */
  #isEscaped = false

  /** @param most - the values that there may be */
  constructor(most: number) {
    this.#most = most
  }

  /** @returns whether there are more values by now, or lists and objects that are nested deeper */
  push(json: Uint8Array): boolean {
    let [values, inString] = [this.#values, this.#inString]
    let at = this.#isEscaped ? 1 : 0
    for (; at < json.length; at++) {
      const byte = json[at]
      if (byte === quote) inString = !inString
      else if (inString) at += byte === backslash ? 1 : 0
      else if ((byte === comma || byte === list || byte === object) && ++values > this.#most) return true
    }
    this.#values = values
    this.#inString = inString
    this.#isEscaped = at > json.length
    return false
  }
}

/** Whether JSON has more values than `most`, or lists and objects that are nested deeper; each byte is looked at once. */
export function hasMoreValues(json: Uint8Array, most: number): boolean {
  return json.length > most && new ValueCount(most).push(json)
}

/** What separates the fields of a row, and what makes that an ordinary character. */
export interface FieldRules {
  readonly delimiter: number
  /** Whether fields may be quoted. */
  readonly quotes: boolean
  readonly escape: number | undefined
}

/** Whether a row has more fields than `most`; each byte is looked at once. */
export function hasMoreFields(
  row: Uint8Array,
  most: number,
  { delimiter, quotes, escape: escaping }: FieldRules,
): boolean {
  if (row.length < most) return false
  let [fields, isQuoted, atStart] = [1, false, true]
  for (let at = 0; at < row.length; at++) {
    const byte = row[at]
    if (escaping !== undefined && byte === escaping && (isQuoted || !quotes)) at++
    else if (isQuoted) {
      // The second of two quotes begins no field, and quotes again.
      if (byte === quote && row[at + 1] === quote) at++
      else if (byte === quote) isQuoted = false
    } else if (byte === delimiter) {
      if (++fields > most) return true
      atStart = true
      continue
    } else if (byte === quote && atStart && quotes) isQuoted = true
    atStart = false
  }
  return false
}

/**
 * A splitter that gives rows with too many values a problem. A row takes time for each of its values, in one turn of
 * the event loop.
 */
export class FewValues implements Splitter {
  readonly #splitter: Splitter
  readonly #most: number
  readonly #fields: FieldRules | undefined

  /** @param fields - default: rows are JSON */
  constructor(splitter: Splitter, most: number, fields: FieldRules | undefined) {
    this.#splitter = splitter
    this.#most = most
    this.#fields = fields
  }

  get offset(): number {
    return this.#splitter.offset
  }

  get line(): number {
    return this.#splitter.line
  }

  push(block: Buffer, last?: boolean): RecordBatch {
    const batch = this.#splitter.push(block, last)
    return { ...batch, records: batch.records.map(record => this.#checked(batch.buffer, record)) }
  }

  #checked(buffer: Buffer, record: RawRecord): RawRecord {
    if (record.problem !== undefined || record.to - record.from < this.#most) return record
    const row = buffer.subarray(record.from, record.to)
    const hasMore = this.#fields ? hasMoreFields(row, this.#most, this.#fields) : hasMoreValues(row, this.#most)
    return hasMore ? { ...record, problem: `has more than ${this.#most} values` } : record
  }
}
