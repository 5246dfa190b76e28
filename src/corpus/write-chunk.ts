import { shown } from "../errors.ts"
import type { LabelledText } from "../labeller.ts"
import { decideLabel } from "./added-columns.ts"
import type { ReadRow, Row } from "./row.ts"
import { countLabelled, type Tally } from "./tally.ts"
import type { RowWriter } from "./write-rows.ts"

/** A row that got no label, as it is listed in `<output>.errors.jsonl`. */
export interface FailedRow {
  /** The line of the input that the row begins on. */
  readonly line: number
  /** The number of the row; the first behind the header is 1. */
  readonly row: number
  /** `row_invalid` where it cannot be read; otherwise the labeller's code. */
  readonly code: string
  readonly reason: string
}

/** A row of a chunk, with why it cannot be labelled where that is known before. */
export interface CheckedRow {
  readonly row: Row
  readonly problem: string | undefined
}

/** What a chunk adds to the files. */
export interface ChunkLines {
  readonly output: string
  readonly failed: readonly FailedRow[]
}

/** Which rows of a chunk can be labelled, and written afterwards. */
export function checkRows(rows: readonly Row[], writer: Pick<RowWriter, "refuse">): CheckedRow[] {
  return rows.map(row => ({ row, problem: row.problem ?? writer.refuse(row as ReadRow) }))
}

/** The texts of a chunk that are labelled, in order. */
export function textsOf(rows: readonly CheckedRow[]): string[] {
  return rows.filter(({ problem }) => problem === undefined).map(({ row }) => (row as ReadRow).text)
}

/**
 * Makes lines of a chunk's results, and counts them.
 *
 * @param results - one for each of `textsOf(rows)`
 * @param keepFailed - whether rows without a label keep their place
 */
export function writeChunk(
  rows: readonly CheckedRow[],
  results: readonly LabelledText[],
  writer: RowWriter,
  tally: Tally,
  minScore: number | undefined,
  keepFailed = false,
): ChunkLines {
  let output = ""
  let next = 0
  const failed: FailedRow[] = []
  for (const { row, problem } of rows) {
    const number = tally.labelled + tally.failed + 1
    const result = problem === undefined ? results[next++] : { error: { code: "row_invalid", message: problem } }
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
