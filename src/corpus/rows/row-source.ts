import type { ColumnKind } from "./column-kinds.ts"
import type { Row } from "./row.ts"

/** A place between two rows of the decompressed input; of Parquet, about where in its row group the next row is. */
export interface InputPosition {
  readonly bytes: number
  /** The line that the next row begins on; of Parquet its number. */
  readonly line: number
}

/** A corpus whose columns are known, and whose rows can be read once. */
export interface OpenRows {
  readonly columns: readonly string[]
  /** Names that no added column may have. */
  readonly taken: readonly string[]
  readonly column: string
  /** What the columns hold, as far as the first rows tell; `undefined` if the input itself says it. */
  readonly kinds: readonly ColumnKind[] | undefined
  /** Whether the input begins with the byte order mark of UTF-8. */
  readonly bom: boolean
  /** What separates fields; `undefined` if the format has none. */
  readonly delimiter: string | undefined
  /** What an output of the same format begins with, as it was written: the header without its line ending; "" if none exists. */
  readonly header: string
  /** Whether the input is CSV or TSV without a header. */
  readonly isHeadless: boolean
  /** What may be wrong with how the input is read. */
  readonly warnings: readonly string[]
  /** The line ending of the first row. */
  readonly lineEnding: "\n" | "\r\n"
  /** Where the first row begins that is not the header. */
  readonly start: InputPosition
  /** The rows in order, as they come from disk; with `from`, those after that position. */
  rows(from?: InputPosition): AsyncGenerator<Row[]>
  /** Bytes of the file that were read so far. */
  fileBytes(): number
  /** What a user should know about what was read so far. */
  notes(): Promise<readonly string[]>
  /** Lets go of the file if the rows are not read to the end. */
  close(): Promise<void>
}
