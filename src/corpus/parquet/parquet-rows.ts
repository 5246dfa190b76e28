import type { SchemaTree } from "hyparquet"
import { isListLike, isMapLike } from "hyparquet/src/schema.js"
import { shown, ValenceError } from "../../errors.ts"
import { columnName, findTexts, type TextPlace } from "../rows/columns.ts"
import type { Cell, ReadRow, Row } from "../rows/row.ts"
import { joinTexts } from "../rows/row-reader.ts"
import type { InputPosition, OpenRows } from "../rows/row-source.ts"
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
 * @throws ValenceError `input_invalid`; `option_invalid` if no column holds the text, or several have its name
 */
export async function openParquetRows(path: string, reading: ParquetReading): Promise<OpenRows> {
  let texts: readonly TextPlace[] = []
  const file = await openRowGroups(path, (columns, names) => {
    texts = findTextsIn(columns, names, reading.column)
    return texts.map(place => leafAt(columns, place) as SchemaTree)
  })
  const { columns, groups } = file
  const names = columns.map(({ element }) => element.name)
  const start: InputPosition = { bytes: groups[0]?.from ?? 0, line: 1 }
  const toJson = columns.map(jsonOf)
  let read = 0
  return {
    columns: names,
    taken: names,
    kinds: undefined,
    column: columnName(names, texts),
    bom: false,
    delimiter: undefined,
    header: "",
    isHeadless: false,
    warnings: [],
    lineEnding: "\n",
    start,
    async *rows(from = start) {
      let first = 0
      for (const group of groups) {
        const skip = Math.max(0, from.line - 1 - first)
        if (skip < group.rows) {
          const values: (Column | undefined)[] = []
          for (const [at, name] of names.entries()) {
            const isNeeded = reading.cells || texts.some(place => place.at === at)
            values.push(isNeeded ? { name, toJson: toJson[at] as ToJson, values: await group.read(name) } : undefined)
          }
          yield* batchesOf(group, first, skip, values, texts, reading.maxRowBytes)
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

function findTextsIn(columns: readonly SchemaTree[], names: readonly string[], asked: string | undefined): TextPlace[] {
  const texts = findTexts(names, asked, place => leafAt(columns, place) !== undefined, "")
  for (const place of texts) {
    const found = leafAt(columns, place) as SchemaTree
    if (mayHoldText(found)) continue
    const { type: stored, converted_type: converted } = found.element
    const type = found.children.length > 0 ? "nested" : converted === "DECIMAL" ? "decimal" : stored
    throw new ValenceError(
      "option_invalid",
      `column must hold strings; ${shown(columnName(names, [place]))} is ${type}`,
    )
  }
  return texts
}

/** What a place leads to, through structs alone. */
function leafAt(columns: readonly SchemaTree[], { at, path }: TextPlace): SchemaTree | undefined {
  let found = columns[at]
  for (const name of path) {
    if (found === undefined || found.element.repetition_type === "REPEATED" || isListLike(found) || isMapLike(found))
      return undefined
    found = found.children.find(({ element }) => element.name === name)
  }
  return found
}

function* batchesOf(
  group: RowGroup,
  first: number,
  skip: number,
  all: readonly (Column | undefined)[],
  texts: readonly TextPlace[],
  maxRowBytes: number,
): Generator<Row[]> {
  const columns = all.filter(column => column !== undefined)
  const bytesUpTo = (row: number) => Math.floor((group.bytes * row) / group.rows)
  const valueAt = ({ at, path }: TextPlace, row: number) => valueIn(all[at]?.values[row], path)
  for (let from = skip; from < group.rows; from += batchRows) {
    const batch: Row[] = []
    for (let at = from; at < Math.min(group.rows, from + batchRows); at++) {
      const text = textOf(texts.map(place => valueAt(place, at)))
      const place = {
        line: first + at + 1,
        endLine: first + at + 2,
        end: group.from + bytesUpTo(at + 1),
        bytes: text?.length ?? 0,
      }
      const cells = () => columns.map(({ name, toJson, values }) => cellOf(name, toJson(values[at])))
      if (text === undefined) batch.push({ ...place, problem: "is not valid UTF-8", cells })
      else if (text.length > maxRowBytes)
        batch.push({ ...place, problem: `is longer than maxRowBytes, ${maxRowBytes}`, cells })
      else batch.push(new ParquetRow(place, text, columns, at))
    }
    yield batch
  }
}

/** The value that names lead to in a struct; null if one of them is. */
function valueIn(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, name) => (inner as Readonly<Record<string, unknown>> | null)?.[name] ?? null,
    value,
  )
}

/** The text that values make, in which null is blank; `undefined` if one of them is bytes that are no UTF-8. */
function textOf(values: readonly unknown[]): string | undefined {
  if (values.some(value => value instanceof Uint8Array)) return undefined
  const texts = values.map(value => (value ?? "") as string)
  return texts.length === 1 ? texts[0] : joinTexts(texts)
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
