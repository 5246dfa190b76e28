import type { Failed, Labelled } from "../../labeller.ts"
import type { ReadRow, Row } from "../rows/row.ts"

/** Makes the lines of the output. */
export interface RowWriter {
  /** What the output begins with: the header of CSV and TSV. */
  readonly header: string
  /** Why a row cannot be written, if it cannot: found before it is labelled. */
  refuse(row: ReadRow): string | undefined
  /** A row with its line ending: labelled, or, without a result, with empty added columns. */
  write(row: ReadRow, result?: Labelled): string
  /** A row without a label, in its place: what could be read of it, the added columns empty, and why if there is a column for it. */
  writeFailed(row: Row, error: Failed["error"]): string
}
