import { type Options, parse } from "csv-parse/sync"
import { asError, shown, ValenceError } from "../../errors.ts"
import { hasLoneReturn, loneReturn } from "../encoding/lone-returns.ts"
import { quote } from "../records/quoted-record.ts"
import type { RawRecord, RecordBatch } from "../records/record.ts"
import { columnName, findTexts, headerDoubt, type TextPlace, uniqueNames } from "./columns.ts"
import { quotedFields, unquotedFields } from "./escaped-fields.ts"
import { longFields } from "./long-fields.ts"
import type { Cell, ReadRow, Row, RowPlace } from "./row.ts"
import { findUnreadable, hasLoneReturns, joinTexts, type RowReader, rowPlace, textOf } from "./row-reader.ts"

/** What separates fields, whether quotes mean anything, and what escapes them if they are not doubled. */
export interface CsvDialect {
  readonly delimiter: string
  readonly quotes: "csv" | "none"
  readonly escape: string | undefined
}

/**
 * Reads the rows of CSV and TSV.
 *
 * @param head - its first record is the header, or, without one, the first row
 * @param asked - the text column, if it was named
 * @throws ValenceError `input_invalid` if the header cannot be read; `option_invalid` if no column holds the text, or
 * several have its name
 */
export function csvReader(
  dialect: CsvDialect,
  head: RecordBatch,
  asked: string | undefined,
  hasHeader: boolean,
): RowReader {
  const fieldsOf = dialect.escape === undefined ? csvFields(dialect) : escapedFields(dialect, dialect.escape)
  const first = readFirst(head, fieldsOf, hasHeader)
  const names = hasHeader ? first : first.map(() => "")
  const columns = uniqueNames(names)
  const texts = !hasHeader && asked === undefined ? onlyColumn(first) : findTexts(names, asked)
  const textIndex = texts[0]?.at as number
  const textIn = (fields: readonly string[]) =>
    texts.length === 1 ? textOfField(fields[textIndex]) : joinTexts(texts.map(({ at }) => textOfField(fields[at])))
  const toRow = (batch: RecordBatch, record: RawRecord, fields: string[] | string): Row => {
    const place = rowPlace(batch, record)
    if (typeof fields === "string") return { ...place, problem: fields }
    if (fields.length !== columns.length)
      return {
        ...place,
        problem: `has ${fields.length} ${fields.length === 1 ? "field" : "fields"}, and the ${hasHeader ? "header" : "first row"} ${columns.length}`,
      }
    return new CsvRow(place, batch, record, columns, fields, textIn(fields))
  }
  return {
    columns,
    column: columnName(columns, texts),
    header: hasHeader && head.records[0] ? textOf(head, head.records[0]) : undefined,
    warnings: hasHeader && asked !== undefined ? warningsOf(names, texts) : [],
    kinds: columns.map(() => "string"),
    read(batch) {
      const problems = findUnreadable(batch)
      const together = problems.size === 0 ? fieldsOf.together(batch) : undefined
      return batch.records.map((record, index) =>
        toRow(batch, record, together?.[index] ?? problems.get(index) ?? fieldsOf.alone(batch, record)),
      )
    },
  }
}

/** A text of NULL, as MySQL, PostgreSQL and Hive write it, is blank. */
const textOfField = (field = "") => (field === "\\N" ? "" : field)

class CsvRow implements ReadRow {
  readonly text: string
  readonly line: number
  readonly end: number
  readonly endLine: number
  readonly bytes: number
  readonly #batch: RecordBatch
  readonly #record: RawRecord
  readonly #columns: readonly string[]
  readonly #fields: readonly string[]

  constructor(
    { line, end, endLine, bytes }: RowPlace,
    batch: RecordBatch,
    record: RawRecord,
    columns: readonly string[],
    fields: readonly string[],
    text: string,
  ) {
    this.line = line
    this.end = end
    this.endLine = endLine
    this.bytes = bytes
    this.text = text
    this.#batch = batch
    this.#record = record
    this.#columns = columns
    this.#fields = fields
  }

  raw(): string {
    return textOf(this.#batch, this.#record)
  }

  cells(): readonly Cell[] {
    return this.#columns.map((name, index) => ({ name, text: this.#fields[index] as string, json: false }))
  }

  value(column: string): string | undefined {
    return this.#fields[this.#columns.indexOf(column)]
  }
}

/** Reads the fields of records. */
interface FieldReader {
  /** Those of all records of a batch; `undefined` if they have to be read one by one. */
  together(batch: RecordBatch): string[][] | undefined
  /** Those of one record, or why it has none. */
  alone(batch: RecordBatch, record: RawRecord): string[] | string
}

const longBytes = 64 * 1024
const isLong = ({ from, to }: RawRecord) => to - from > longBytes

function csvFields(dialect: CsvDialect): FieldReader {
  const options = parseOptions(dialect)
  const atReturns: Options = { ...options, record_delimiter: ["\r\n", "\n", "\r"] }
  const optionsFor = (isTorn: boolean) => (isTorn ? atReturns : options)
  return {
    together(batch) {
      if (batch.records.some(isLong)) return undefined
      return hasLoneReturns(batch)
        ? parseTogether(bytesOf(batch), batch.records.length, atReturns)
        : splitTogether(batch, dialect, options)
    },
    alone(batch, record) {
      const hasReturns = batch.buffer.subarray(record.from, record.to).includes("\r")
      const fields =
        isLong(record) && !hasReturns
          ? longFields(textOf(batch, record), dialect.delimiter, dialect.quotes === "csv")
          : undefined
      return fields ?? parseAlone(batch, record, optionsFor(hasReturns))
    },
  }
}

function escapedFields({ delimiter, quotes }: CsvDialect, escaping: string): FieldReader {
  const read = quotes === "csv" ? quotedFields(delimiter, escaping) : unquotedFields(delimiter, escaping)
  return { together: () => undefined, alone: (batch, record) => read(textOf(batch, record)) }
}

function parseOptions({ delimiter, quotes }: CsvDialect): Options {
  return {
    delimiter,
    quote: quotes === "csv" ? '"' : null,
    record_delimiter: ["\r\n", "\n"],
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
  }
}

/**
 * The fields of each record: those without a quote are cut at delimiters, which takes a third of the library's time, and those
 * with one are read by the library. `undefined` if that sees other records than the splitter.
 */
function splitTogether(
  batch: RecordBatch,
  { delimiter, quotes }: CsvDialect,
  options: Options,
): string[][] | undefined {
  const quoted = quotes === "csv" ? quotedRecords(batch) : new Set<RawRecord>()
  const lines = [...quoted].flatMap(({ from, to }) => [batch.buffer.subarray(from, to), lineEnd])
  const parsed = parseTogether(Buffer.concat(lines), quoted.size, options)?.values()
  return (
    parsed &&
    batch.records.map(record =>
      quoted.has(record) ? (parsed.next().value as string[]) : textOf(batch, record).split(delimiter),
    )
  )
}

const lineEnd = Buffer.from("\n")

/** The records that have a quote. */
function quotedRecords({ buffer, records }: RecordBatch): ReadonlySet<RawRecord> {
  const quoted = new Set<RawRecord>()
  let next = 0
  for (const record of records) {
    if (next !== -1 && next < record.from) next = buffer.indexOf(quote, record.from)
    if (next !== -1 && next < record.to) quoted.add(record)
  }
  return quoted
}

/** The fields of this many records, read in one go; `undefined` if the library sees other records than the splitter. */
function parseTogether(bytes: Buffer, records: number, options: Options): string[][] | undefined {
  if (records === 0) return []
  try {
    const parsed = parse(bytes, options) as unknown as string[][]
    return parsed.length === records ? parsed : undefined
  } catch {
    return undefined
  }
}

/** The bytes of all records of a batch. */
const bytesOf = ({ buffer, records }: RecordBatch) => buffer.subarray(records[0]?.from ?? 0, records.at(-1)?.to ?? 0)

/** The fields of one record, or why it has none. */
function parseAlone({ buffer }: RecordBatch, record: RawRecord, options: Options): string[] | string {
  try {
    const parsed = parse(buffer.subarray(record.from, record.to), options) as unknown as string[][]
    if (parsed.length === 1 && parsed[0] !== undefined) return parsed[0]
    const isTorn = parsed.length > 1 && hasLoneReturn(buffer, record.from, record.to)
    return isTorn ? loneReturn : `is read as ${parsed.length} rows`
  } catch (error) {
    return asError(error).message
  }
}

/** @throws ValenceError `input_invalid` if there is no first record, or it cannot be read */
function readFirst(head: RecordBatch, fieldsOf: FieldReader, hasHeader: boolean): string[] {
  const [record] = head.records
  if (record === undefined) {
    const rule = hasHeader ? ": its first row must name the columns" : ""
    throw new ValenceError("input_invalid", `input is empty${rule}`)
  }
  const fields = findUnreadable(head).get(0) ?? fieldsOf.alone(head, record)
  const what = hasHeader ? "header" : "first row"
  if (typeof fields === "string") throw new ValenceError("input_invalid", `line ${record.line}, the ${what}, ${fields}`)
  return fields
}

/** @throws ValenceError `option_invalid` if there are several columns, none of which has a name */
function onlyColumn(first: readonly string[]): [TextPlace] {
  if (first.length === 1) return [{ at: 0, path: [] }]
  const shownFields = first.map((field, at) => `${at + 1} ${shown(field)}`).join(", ")
  throw new ValenceError(
    "option_invalid",
    `column must be given by its number if there is no header; the first row has ${shownFields}`,
  )
}

function warningsOf(names: readonly string[], texts: readonly TextPlace[]): string[] {
  const doubt = headerDoubt(
    names,
    texts.map(({ at }) => names[at] as string),
  )
  return doubt === "" ? [] : [`the header was read from the first row${doubt}`]
}
