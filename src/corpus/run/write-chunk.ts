import { setImmediate as nextTurn } from "node:timers/promises"
import { isBlank, textEmpty } from "../../check-text.ts"
import { shown } from "../../errors.ts"
import type { Failed, LabelledText } from "../../labeller.ts"
import type { EmptyRows } from "../options.ts"
import type { ReadRow, Row } from "../rows/row.ts"
import { decideLabel } from "../write/added-columns.ts"
import type { RowWriter } from "../write/row-writer.ts"
import { countLabelled, rowsOf, type Tally } from "./tally.ts"

/** Characters that are written in one turn of the event loop. */
const charactersAtOnce = 256 * 1024

/** A row that got no label, as it is listed in `<output>.errors.jsonl`. */
export interface FailedRow {
  /** The line of the input that the row begins on. */
  readonly line: number
  /** The number of the row; the first after the header is 1. */
  readonly row: number
  /** `row_invalid` if it cannot be read; otherwise the labeller's code. */
  readonly code: string
  readonly reason: string
}

/** A row of a chunk, and what is known of it before its chunk is labelled. */
export type CheckedRow =
  /** Its text is labelled. */
  | { readonly row: ReadRow; readonly text: string; readonly error?: never }
  /** Its text is blank: it is kept without a label. */
  | { readonly row: ReadRow; readonly text?: never; readonly error?: never }
  | { readonly row: Row; readonly error: Failed["error"]; readonly text?: never }

/** What a chunk adds to the files. */
export interface ChunkLines {
  readonly output: string
  readonly failed: readonly FailedRow[]
}

/** Which rows of a chunk can be labelled, and written afterwards. */
export function checkRows(rows: readonly Row[], writer: Pick<RowWriter, "refuse">, empty: EmptyRows): CheckedRow[] {
  return rows.map(row => {
    const problem = row.problem ?? writer.refuse(row as ReadRow)
    if (problem !== undefined) return { row, error: { code: "row_invalid", message: problem } }
    const read = row as ReadRow
    const { text } = read
    if (empty === "label" || !isBlank(text)) return { row: read, text }
    if (empty === "skip") return { row: read }
    const { code, message } = textEmpty()
    return { row, error: { code, message } }
  })
}

/** The texts of a chunk that are labelled, in order. */
export function labelledTexts(rows: readonly CheckedRow[]): string[] {
  return rows.map(({ text }) => text).filter(text => text !== undefined)
}

/**
 * Makes lines of a chunk's results, and counts them. Lines may be far longer than what their rows were read from, if there are many
 * columns: others get a turn of the event loop meanwhile.
 *
 * @param results - one for each of `labelledTexts(rows)`
 * @param keepFailed - whether rows that could not be labelled keep their place
 */
export async function writeChunk(
  rows: readonly CheckedRow[],
  results: readonly LabelledText[],
  writer: RowWriter,
  tally: Tally,
  minScore: number | undefined,
  keepFailed = false,
): Promise<ChunkLines> {
  let output = ""
  let next = 0
  let turnAt = charactersAtOnce
  const failed: FailedRow[] = []
  for (const { row, text, error } of rows) {
    if (output.length >= turnAt) {
      await nextTurn()
      turnAt = output.length + charactersAtOnce
    }
    const number = rowsOf(tally) + 1
    if (text === undefined && error === undefined) {
      tally.empty++
      output += writer.write(row)
      continue
    }
    const result = error === undefined ? results[next++] : { error }
    if (result === undefined) throw new Error(`a labeller must give one result a text; got ${shown(results.length)}`)
    if (result.error !== undefined) {
      tally.failed++
      failed.push({ line: row.line, row: number, code: result.error.code, reason: result.error.message })
      if (keepFailed) output += writer.writeFailed(row, result.error)
    } else {
      const read = row as ReadRow
      output += writer.write(read, result)
      countLabelled(tally, number, read.text, decideLabel(result, minScore), result)
    }
  }
  return { output, failed }
}
