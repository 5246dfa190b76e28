/** The bytes of one row, before anyone has looked at its fields. */
export interface RawRecord {
  /** Where it begins in `RecordBatch.buffer`. */
  readonly from: number
  /** Where its last byte ends; the line ending is not counted. */
  readonly to: number
  /** Where the next record begins. */
  readonly next: number
  /** The line of the file that it begins on; the first is 1. */
  readonly line: number
  /** Lines that it spans. */
  readonly lines: number
  /** Why it is no record; then it is the rest of one line, or the lines that a torn record seems to span. */
  readonly problem: string | undefined
}

/** Records that follow each other in one buffer. */
export interface RecordBatch {
  readonly buffer: Buffer
  /** Where `buffer` begins in the decompressed input. */
  readonly offset: number
  readonly records: readonly RawRecord[]
}

/** What decides where a record ends. */
export interface RecordRules {
  /** Between fields; `undefined` if no field is quoted, so that each line is a record. */
  readonly delimiter: number | undefined
  /** What makes the next character ordinary: inside quotes, or, without a delimiter, a line end too; `undefined` for none. */
  readonly escape?: number | undefined
  readonly maxRowBytes: number
  /** Whether an empty line is a record. */
  readonly keepsEmpty?: boolean
}

/** Cuts blocks of bytes into records, in one format. */
export interface Splitter {
  /** Where the next record begins. */
  readonly offset: number
  /** The line that the next record begins on. */
  readonly line: number
  /** The records that end in this block; with `last`, the one that the end of the file closes too. */
  push(block: Buffer, last?: boolean): RecordBatch
}
