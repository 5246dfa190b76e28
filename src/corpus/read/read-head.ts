import type { InputFile } from "../formats.ts"
import type { RecordBatch, Splitter } from "../records/record.ts"
import { objectsOf } from "../rows/jsonl-rows.ts"

/** JSON Lines whose first rows are unreadable: how many batches are looked through for the first object. */
const headBatches = 16

/** What an input begins with. */
export interface Head {
  /** Batches from the beginning on, up to one that holds what the columns are read from, or the end of the input. */
  readonly head: readonly RecordBatch[]
  /** The objects of JSON Lines among them. */
  readonly objects: Awaited<ReturnType<typeof objectsOf>>
}

/** Reads the beginning of an input, which may be one block or many. */
export async function readHead(
  format: InputFile["format"],
  splitter: Splitter,
  first: Buffer,
  iterator: AsyncIterator<Buffer>,
): Promise<Head> {
  const head: RecordBatch[] = []
  for (let [block, last] = [first, false]; ; ) {
    const batch = splitter.push(block, last)
    // One without a record, such as of a row that does not end, is not kept.
    if (batch.records.length > 0) head.push(batch)
    const objects = format === "jsonl" ? await objectsOf(batch) : []
    const found = format === "jsonl" ? objects.length : batch.records.length
    if (found > 0 || last || head.length > headBatches) return { head, objects }
    const { value, done } = await iterator.next()
    ;[block, last] = done ? [Buffer.alloc(0), true] : [value, false]
  }
}
