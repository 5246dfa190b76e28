/** A cell of a row: the text of a field, or a JSON value as it was written. */
export interface Cell {
  readonly name: string
  readonly text: string
  /** Whether `text` is JSON, to be kept as it is. */
  readonly json: boolean
}

/** Where in the input a row is. */
export interface RowPlace {
  /** The line that it begins on; the first line of the file is 1. */
  readonly line: number
  /** Where the next row begins, in bytes of the decompressed input. */
  readonly end: number
  /** The line that the next row begins on. */
  readonly endLine: number
  /** Bytes of the row, which the bound on what is under way counts. */
  readonly bytes: number
}

/** A row that was read. */
export interface ReadRow extends RowPlace {
  readonly text: string
  /** The row as it was written, without its line ending. */
  raw(): string
  /** Its cells in order. */
  cells(): readonly Cell[]
  /** The value of a column as text; `undefined` if none exists. */
  value(column: string): string | undefined
  readonly problem?: never
}

/** A row that cannot be read, and why. */
export interface BadRow extends RowPlace {
  readonly problem: string
  readonly raw?: never
  /** Its cells, if they are distinct. */
  cells?(): readonly Cell[]
}

export type Row = ReadRow | BadRow
