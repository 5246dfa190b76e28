import { stringify } from "csv-stringify/sync"
import type { InputFile, OutputFiles } from "../formats.ts"
import type { Cell, Row } from "../rows/row.ts"
import type { OpenRows } from "../rows/row-source.ts"
import type { AddedColumn, AddedValue } from "./added-columns.ts"
import type { RowWriter } from "./row-writer.ts"
import { spoolWriter } from "./spool-rows.ts"

/**
 * The writer for an output. Where input and output have one format the row is kept as it was written, byte by byte,
 * and the added columns are put after it; otherwise its cells are written again.
 *
 * @param errorColumn - holds why a row has no label; JSON Lines have it in such rows alone
 */
export function rowWriter(
  input: InputFile,
  output: Pick<OutputFiles, "format">,
  rows: Pick<OpenRows, "columns" | "kinds" | "bom" | "lineEnding" | "delimiter" | "header" | "isHeadless">,
  added: readonly AddedColumn[],
  quotes: "csv" | "none",
  errorColumn?: string,
): RowWriter {
  const same = input.format === output.format
  if (output.format === "parquet") return spoolWriter(same ? undefined : rows.columns, rows.kinds ?? [], added)
  if (output.format === "jsonl") return jsonlWriter(same, rows, added, errorColumn)
  const own = output.format === "csv" ? "," : "\t"
  return csvWriter(same, same ? (rows.delimiter ?? own) : own, rows, added, quotes, errorColumn)
}

function jsonlWriter(
  same: boolean,
  { lineEnding }: Pick<OpenRows, "lineEnding">,
  added: readonly AddedColumn[],
  errorColumn: string | undefined,
): RowWriter {
  const keys = added.map(({ name }) => `,${JSON.stringify(name)}:`)
  const names = new Set(added.map(({ name }) => name))
  return {
    header: "",
    refuse(row) {
      if (!same) return undefined
      const clash = added.find(({ name }) => row.value(name) !== undefined)?.name
      return clash && `has a field ${JSON.stringify(clash)} already, which the first rows lack: use prefix valence_`
    },
    write(row, result) {
      const body = same
        ? row.raw().trimEnd().slice(0, -1).trimEnd()
        : `{${row
            .cells()
            .filter(({ name }) => !names.has(name))
            .map(cellJson)
            .join(",")}`
      let line = body
      for (const [index, column] of added.entries())
        line += keys[index] + JSON.stringify((result && column.of(result)) ?? null)
      return `${line}}${same ? lineEnding : "\n"}`
    },
    writeFailed(row, error) {
      const cells = (row.cells?.() ?? []).filter(({ name }) => name !== errorColumn)
      const own = new Set(cells.map(({ name }) => name))
      const members = cells.map(cellJson)
      for (const { name } of added) if (!own.has(name)) members.push(`${JSON.stringify(name)}:null`)
      if (errorColumn !== undefined) members.push(`${JSON.stringify(errorColumn)}:${JSON.stringify(error)}`)
      return `{${members.join(",")}}${same ? lineEnding : "\n"}`
    },
  }
}

function cellJson({ name, text, json }: Cell): string {
  return `${JSON.stringify(name)}:${json ? text : JSON.stringify(text)}`
}

function csvWriter(
  same: boolean,
  delimiter: string,
  input: Pick<OpenRows, "columns" | "bom" | "lineEnding" | "header" | "isHeadless">,
  added: readonly AddedColumn[],
  quotes: "csv" | "none",
  errorColumn: string | undefined,
): RowWriter {
  const options = {
    delimiter,
    quoted_match: /[\r\n]/,
    record_delimiter: "",
    ...(same && quotes === "none" && { quote: "" }),
  }
  const join = (cells: readonly string[]) => stringify([cells], options)
  const { columns, lineEnding } = input
  const known = new Set(columns)
  const quoted = new Map<string, string>()
  /** Labels come again and again: each is quoted once. */
  const quote = (text: string): string => {
    let done = quoted.get(text)
    if (done === undefined) {
      done = join([text])
      if (quoted.size < 1000) quoted.set(text, done)
    }
    return done
  }
  const ending = same ? lineEnding : "\n"
  const addedNames = [...added.map(({ name }) => name), ...(errorColumn === undefined ? [] : [errorColumn])]
  const noError = errorColumn === undefined ? "" : delimiter
  return {
    header: headerOf(input, same, [join(columns), join(addedNames)], delimiter, ending),
    refuse(row) {
      if (same) return undefined
      const extra = row.cells().find(({ name }) => !known.has(name))?.name
      return extra && `has a field ${JSON.stringify(extra)}, which the first row has not: write JSON Lines to keep it`
    },
    write(row, result) {
      let line = same ? row.raw() : join(inOrder(row, columns))
      for (const column of added) line += delimiter + addedText(result && column.of(result), quote)
      return line + noError + ending
    },
    writeFailed(row, { code, message }) {
      const line = same && row.raw ? row.raw() : join(inOrder(row, columns))
      const why = errorColumn === undefined ? "" : delimiter + join([`${code}: ${message}`])
      return line + delimiter.repeat(added.length) + why + ending
    },
  }
}

/** A header as it was written is kept, with any names; an input without one leads to an output without one. */
function headerOf(
  { bom, header, isHeadless }: Pick<OpenRows, "bom" | "header" | "isHeadless">,
  same: boolean,
  [own, added]: readonly [string, string],
  delimiter: string,
  ending: string,
): string {
  const mark = same && bom ? "\ufeff" : ""
  return isHeadless ? mark : `${mark}${same ? header : own}${delimiter}${added}${ending}`
}

function inOrder(row: Row, columns: readonly string[]): string[] {
  const texts = new Map(
    (row.cells?.() ?? []).map(({ name, text, json }) => [name, json && text === "null" ? "" : text]),
  )
  return columns.map(name => texts.get(name) ?? "")
}

function addedText(value: AddedValue, quote: (text: string) => string): string {
  if (typeof value === "number") return String(value)
  if (value === undefined) return ""
  return quote(typeof value === "object" ? value.join("|") : String(value))
}
