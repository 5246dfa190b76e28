import type { Row } from "../rows/row.ts"

/** Rows that are labelled together. */
export interface Chunk {
  /** `RUN-NUMBER`: the same rows have the same id whenever a run is started again. */
  readonly id: string
  /** The first is 0. */
  readonly number: number
  /** At least one. */
  readonly rows: readonly Row[]
  readonly bytes: number
}

/** A chunk ends when it holds this many bytes of rows. */
const chunkBytes = 1024 * 1024

/**
 * Cuts a stream of rows into chunks. Where a chunk ends depends on its rows alone, not on how they came.
 *
 * @param first - number of the first chunk
 */
export async function* cutChunks(
  rows: AsyncIterable<readonly Row[]>,
  run: string,
  first: number,
  chunkTexts: number,
): AsyncGenerator<Chunk> {
  let number = first
  let pending: Row[] = []
  let bytes = 0
  const cut = (): Chunk => {
    const chunk = { id: `${run}-${number}`, number, rows: pending, bytes }
    number++
    pending = []
    bytes = 0
    return chunk
  }
  for await (const batch of rows)
    for (const row of batch) {
      pending.push(row)
      bytes += row.bytes
      if (pending.length >= chunkTexts || bytes >= chunkBytes) yield cut()
    }
  if (pending.length > 0) yield cut()
}
