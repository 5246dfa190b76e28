import type { RawRecord, RecordBatch } from "../../corpus/records/record.ts"
import { RecordSplitter } from "../../corpus/records/split-records.ts"

/** A line of an input file that is not empty. */
export interface InputLine {
  /** The first of the file is 1. */
  readonly line: number
  readonly bytes: Buffer
  /** Why it cannot be read, as "is longer than ...". */
  readonly problem: string | undefined
}

/** The lines of a file that are not empty. */
export async function* readBatchLines(file: AsyncIterable<Buffer>, maxLineBytes: number): AsyncGenerator<InputLine> {
  const splitter = new RecordSplitter({ delimiter: undefined, maxRowBytes: maxLineBytes }, 0, 1)
  for await (const block of file) yield* linesOf(splitter.push(block), maxLineBytes)
  yield* linesOf(splitter.push(Buffer.alloc(0), true), maxLineBytes)
}

function* linesOf({ buffer, records }: RecordBatch, maxLineBytes: number): Generator<InputLine> {
  const shown = (problem: RawRecord["problem"]) =>
    problem && `is longer than a body may be, ${maxLineBytes} bytes (maxBodyBytes)`
  for (const { from, to, line, problem } of records)
    yield { line, bytes: buffer.subarray(from, to), problem: shown(problem) }
}
