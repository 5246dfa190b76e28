import type { SchemaTree } from "hyparquet"
import { shown, ValenceError } from "../../errors.ts"
import { findTextColumn } from "../columns.ts"
import type { InputPosition, OpenRows } from "../open-rows.ts"
import type { Cell, ReadRow, Row } from "../row.ts"
import { jsonOf, type ToJson } from "./cell-json.ts"
import { mayHoldText, openRowGroups, type RowGroup } from "./row-groups.ts"

/** Rows that are given on together. */
const batchRows = 256

/** How a Parquet file is read. */
export interface ParquetReading {
  readonly column: string | undefined
  readonly maxRowBytes: number
  /** Whether cells besides the text are asked for; otherwise their columns are not read. */
  readonly cells: boolean
}

/** A column with its values of one row group. */
interface Column {
  readonly name: string
  readonly toJson: ToJson
  readonly values: ArrayLike<unknown>
}

/**
 * Opens a Parquet file: one row group at a time is read. The "lines" of its rows are their numbers, the first is 1.
 *
 * @throws ValenceError `input_invalid`; `option_invalid` where no column holds the text
 */
export async function openParquetRows(path: string, reading: ParquetReading): Promise<OpenRows> {
  let column = ""
  const file = await openRowGroups(path, columns => {
    column = findColumn(columns, reading.column)
    return column
  })
  const { columns, groups } = file
  const start: InputPosition = { bytes: groups[0]?.from ?? 0, line: 1 }
  const toJson = columns.map(jsonOf)
  let read = 0
  return {
    columns: columns.map(({ element }) => element.name),
    kinds: undefined,
    column,
    bom: false,
    delimiter: undefined,
    lineEnding: "\n",
    start,
    async *rows(from = start) {
      let first = 0
      for (const group of groups) {
        const skip = Math.max(0, from.line - 1 - first)
        if (skip < group.rows) {
          const names = columns.map(({ element }) => element.name)
          const values: Column[] = []
          for (const [at, name] of names.entries())
            if (reading.cells || name === column)
              values.push({ name, toJson: toJson[at] as ToJson, values: await group.read(name) })
          yield* batchesOf(group, first, skip, values, column, reading.maxRowBytes)
        }
        first += group.rows
        read = group.from + group.bytes
      }
    },
    fileBytes: () => read,
    notes: async () => [],
    close: () => file.close(),
  }
}

function findColumn(columns: readonly SchemaTree[], asked: string | undefined): string {
  const names = columns.map(({ element }) => element.name)
  const column = findTextColumn(names, asked)
  const found = columns[names.indexOf(column)] as SchemaTree
  if (mayHoldText(found)) return column
  const type = found.children.length > 0 ? "nested" : found.element.type
  throw new ValenceError("option_invalid", `column must hold strings; ${shown(column)} is ${type}`)
}

function* batchesOf(
  group: RowGroup,
  first: number,
  skip: number,
  columns: readonly Column[],
  column: string,
  maxRowBytes: number,
): Generator<Row[]> {
  const texts = columns.find(({ name }) => name === column)?.values ?? []
  const bytesUpTo = (row: number) => Math.floor((group.bytes * row) / group.rows)
  for (let from = skip; from < group.rows; from += batchRows) {
    const batch: Row[] = []
    for (let at = from; at < Math.min(group.rows, from + batchRows); at++) {
      // Null is a blank text.
      const text = (texts[at] ?? "") as string | Uint8Array
      const place = {
        line: first + at + 1,
        endLine: first + at + 2,
        end: group.from + bytesUpTo(at + 1),
        bytes: typeof text === "string" ? text.length : 0,
      }
      const cells = () => columns.map(({ name, toJson, values }) => cellOf(name, toJson(values[at])))
      const problem = problemOf(text, maxRowBytes)
      if (problem !== undefined) batch.push({ ...place, problem, cells })
      else batch.push(new ParquetRow(place, text as string, columns, at))
    }
    yield batch
  }
}

function problemOf(text: string | Uint8Array, maxRowBytes: number): string | undefined {
  if (text instanceof Uint8Array) return "is not valid UTF-8"
  return text.length > maxRowBytes ? `is longer than maxRowBytes, ${maxRowBytes}` : undefined
}

class ParquetRow implements ReadRow {
  readonly line: number
  readonly end: number
  readonly endLine: number
  readonly bytes: number
  readonly text: string
  readonly #columns: readonly Column[]
  readonly #at: number

  constructor(place: Omit<Row, "problem">, text: string, columns: readonly Column[], at: number) {
    this.line = place.line
    this.end = place.end
    this.endLine = place.endLine
    this.bytes = place.bytes
    this.text = text
    this.#columns = columns
    this.#at = at
  }

  raw(): string {
    throw new Error("a row of Parquet has no bytes of its own")
  }

  cells(): readonly Cell[] {
    return this.#columns.map(({ name, toJson, values }) => cellOf(name, toJson(values[this.#at])))
  }

  value(column: string): string | undefined {
    const found = this.#columns.find(({ name }) => name === column)
    if (found === undefined) return undefined
    const { text, json } = cellOf(column, found.toJson(found.values[this.#at]))
    return json && text === "null" ? undefined : text
  }
}

function cellOf(name: string, json: string): Cell {
  return json.startsWith('"')
    ? { name, text: JSON.parse(json) as string, json: false }
    : { name, text: json, json: true }
}
