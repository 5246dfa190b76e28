import { isUtf8 } from "node:buffer"
import { isBlank } from "../../check-text.ts"
import { hasLoneReturn } from "../encoding/lone-returns.ts"
import type { RawRecord, RecordBatch } from "../records/record.ts"
import type { ColumnKind } from "./column-kinds.ts"
import type { Row, RowPlace } from "./row.ts"

/** Makes rows of records, in one format. */
export interface RowReader {
  /** The input's columns in order, each with a name of its own; those of its first row if a format has no header. */
  readonly columns: readonly string[]
  /** Names that the first rows have, which no added column may have; `undefined` if these are the columns'. */
  readonly taken?: readonly string[]
  /** The column that holds the text; several have commas between them. */
  readonly column: string
  /** The header as it was written; `undefined` if none exists. */
  readonly header: string | undefined
  /** What may be wrong with how the input is read. */
  readonly warnings: readonly string[]
  /** What the columns hold, as far as the first rows tell. */
  readonly kinds: readonly ColumnKind[]
  /** One row a record, in order. */
  read(batch: RecordBatch): Row[]
}

/** Why a row whose bytes are not UTF-8 cannot be read. */
export const notUtf8 = "is not valid UTF-8"

/** Why a row cannot be read that has the zero bytes of UTF-16: part of the input is in another encoding than its beginning. */
export const hasZeroBytes = "has zero bytes, as UTF-16 has: all of the input must have the encoding of its beginning"

/** The least share of zero bytes in a row if it is UTF-16 or UTF-32 and not a damaged character or two. */
const wideShare = 1 / 4

/** Where a record is in the input. */
export function rowPlace(batch: RecordBatch, record: RawRecord): RowPlace {
  return {
    line: record.line,
    end: batch.offset + record.next,
    endLine: record.line + record.lines,
    bytes: record.next - record.from,
  }
}

/** The text of a row whose text is in several columns: each on a line of its own, blank ones left out. */
export function joinTexts(parts: readonly string[]): string {
  return parts.filter(part => !isBlank(part)).join("\n")
}

/** A record as text. */
export function textOf(batch: RecordBatch, record: RawRecord): string {
  return batch.buffer.toString("utf8", record.from, record.to)
}

/**
 * Why the bytes of each record are none that a format can read, by the record's index; empty if all can be read,
 * which costs one look at the whole batch.
 */
export function findUnreadable(batch: RecordBatch): ReadonlyMap<number, string> {
  const { buffer, records } = batch
  const first = records[0]
  const last = records.at(-1)
  const problems = new Map<number, string>()
  if (first === undefined || last === undefined) return problems
  const whole = buffer.subarray(first.from, last.to)
  const valid = isUtf8(whole)
  const mayBeWide = whole.includes(0)
  records.forEach((record, index) => {
    const bytes = () => buffer.subarray(record.from, record.to)
    if (record.problem !== undefined) problems.set(index, record.problem)
    else if (!valid && !isUtf8(bytes())) problems.set(index, notUtf8)
    else if (mayBeWide && isWide(bytes())) problems.set(index, hasZeroBytes)
  })
  return problems
}

function isWide(bytes: Buffer): boolean {
  let zeros = 0
  for (let at = bytes.indexOf(0); at !== -1; at = bytes.indexOf(0, at + 1)) zeros++
  return zeros > 0 && zeros >= bytes.length * wideShare
}

/** Whether a record of the batch may have a carriage return that ends no line. */
export function hasLoneReturns({ buffer, records }: RecordBatch): boolean {
  return hasLoneReturn(buffer, records[0]?.from ?? 0, records.at(-1)?.to ?? 0)
}
