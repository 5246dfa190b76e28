import { asError, shown } from "../errors.ts"
import { type ColumnKind, kindsOf } from "./column-kinds.ts"
import { findTextColumn } from "./columns.ts"
import { jsonMembers } from "./json-members.ts"
import type { Cell, ReadRow, Row, RowPlace } from "./row.ts"
import { findUnreadable, placeOf, type RowReader, textOf } from "./row-reader.ts"
import type { RawRecord, RecordBatch } from "./split-records.ts"
import { plainTextColumn } from "./text-rows.ts"

type JsonObject = Readonly<Record<string, unknown>>

/**
 * Reads the rows of JSON Lines: one object a line, of which one field is the text. A text that is null or missing is blank.
 *
 * @param columns - the fields of the first row, as `jsonlColumns` finds them
 * @param kinds - what these hold, as `jsonlKinds` finds it
 * @param known - the fields of the first rows, as `jsonlFields` finds them: one of them holds the text
 * @param asked - the text column, where it was named
 * @throws ValenceError `option_invalid` where no column holds the text
 */
export function jsonlReader(
  columns: readonly string[],
  kinds: readonly ColumnKind[],
  known: readonly string[],
  asked: string | undefined,
): RowReader {
  const column = known.length === 0 ? (asked ?? plainTextColumn) : findTextColumn(known, asked)
  return {
    columns,
    column,
    kinds,
    read(batch) {
      const problems = findUnreadable(batch)
      return batch.records.map((record, index): Row => {
        const place = placeOf(batch, record)
        const object = problems.get(index) ?? parseObject(textOf(batch, record))
        if (typeof object === "string") return { ...place, problem: object }
        const text = Object.hasOwn(object, column) ? (object[column] ?? "") : ""
        if (typeof text === "string") return new JsonRow(place, batch, record, object, text)
        const cells = () => cellsOf(textOf(batch, record), object)
        const problem = `field ${JSON.stringify(column)} must be a string; got ${describeJson(text)}`
        return { ...place, problem, cells }
      })
    },
  }
}

class JsonRow implements ReadRow {
  readonly line: number
  readonly end: number
  readonly endLine: number
  readonly bytes: number
  readonly text: string
  readonly #batch: RecordBatch
  readonly #record: RawRecord
  readonly #object: JsonObject

  constructor(
    { line, end, endLine, bytes }: RowPlace,
    batch: RecordBatch,
    record: RawRecord,
    object: JsonObject,
    text: string,
  ) {
    this.line = line
    this.end = end
    this.endLine = endLine
    this.bytes = bytes
    this.text = text
    this.#batch = batch
    this.#record = record
    this.#object = object
  }

  raw(): string {
    return textOf(this.#batch, this.#record)
  }

  cells(): readonly Cell[] {
    return cellsOf(this.raw(), this.#object)
  }

  value(column: string): string | undefined {
    if (!Object.hasOwn(this.#object, column)) return undefined
    const value = this.#object[column]
    return typeof value === "string" ? value : JSON.stringify(value)
  }
}

function cellsOf(line: string, object: JsonObject): Cell[] {
  return jsonMembers(line).map(({ name, json }) => {
    const value = object[name]
    return typeof value === "string" ? { name, text: value, json: false } : { name, text: json, json: true }
  })
}

/** What a JSON value that should be something else is, in words. */
function describeJson(value: unknown): string {
  if (Array.isArray(value)) return "an array"
  if (typeof value === "object" && value !== null) return "an object"
  return typeof value === "number" ? `a number, ${value}` : shown(value)
}

/** The object that a line holds, or why it holds none. */
function parseObject(line: string): JsonObject | string {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject
    return `must be a JSON object; got ${shown(line.trim())}`
  } catch (error) {
    return `is not JSON: ${asError(error).message}`
  }
}

/** The names of the fields of the first object among records; none where no record holds an object with fields. */
export function jsonlColumns(head: RecordBatch): string[] {
  for (const { text, object } of objectsOf(head))
    if (Object.keys(object).length > 0) return [...new Set(jsonMembers(text).map(member => member.name))]
  return []
}

/** What the fields hold, by all objects among records. */
export function jsonlKinds(columns: readonly string[], head: readonly RecordBatch[]): ColumnKind[] {
  return kindsOf(
    columns,
    head.flatMap(batch => [...objectsOf(batch)].map(({ text }) => text)),
  )
}

/** The names of the fields of all objects among records. */
export function jsonlFields(head: RecordBatch): string[] {
  return [...new Set([...objectsOf(head)].flatMap(({ object }) => Object.keys(object)))]
}

function* objectsOf(head: RecordBatch): Generator<{ text: string; object: JsonObject }> {
  const problems = findUnreadable(head)
  for (const [index, record] of head.records.entries()) {
    const text = textOf(head, record)
    const object = problems.get(index) ?? parseObject(text)
    if (typeof object !== "string") yield { text, object }
  }
}
