import type { Complete } from "../../declaration.ts"
import type { Labeller } from "../../labeller.ts"
import { type corpusOptions, labelOptionsOf, type ScoringOptions } from "../options.ts"
import type { RowWriter } from "../write/row-writer.ts"
import type { Chunk } from "./chunks.ts"
import { labelChunks, maxBytesUnderWay } from "./label-chunks.ts"
import type { Tally } from "./tally.ts"
import { type ChunkLines, checkRows, writeChunk } from "./write-chunk.ts"

/** A chunk that was labelled, and its lines. */
export interface WrittenChunk extends ChunkLines {
  readonly chunk: Chunk
}

/** How chunks become lines. */
export interface ChunkWriting {
  readonly labeller: Labeller
  readonly writer: RowWriter
  /** Counts the rows. */
  readonly tally: Tally
  readonly options: ScoringOptions &
    Pick<Complete<typeof corpusOptions>, "scores" | "minScore" | "maxChunks" | "stopSeconds">
  /** Whether calls are named after their chunks, for a labeller that keeps results. */
  readonly named: boolean
  /** Whether rows without a label keep their place. */
  readonly keepFailed: boolean
  /** Words the reasons of rows without a label. */
  readonly wording?: ((reason: string) => string) | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * The way from chunks to lines, in order: a run over a file and a stream both take it.
 *
 * @returns whether all chunks were given back
 * @throws the labeller's errors
 */
export async function* writeChunks(
  chunks: AsyncIterator<Chunk>,
  how: ChunkWriting,
): AsyncGenerator<WrittenChunk, boolean> {
  const { labeller, writer, tally, options, named, keepFailed, wording = (reason: string) => reason, signal } = how
  const { maxChunks, stopSeconds } = options
  const bounds = { maxChunks, maxBytes: maxBytesUnderWay, stopMs: stopSeconds * 1000 }
  const optionsOf = ({ id }: Chunk) => ({ ...labelOptionsOf(options), ...(named && { id }) })
  const labelled = labelChunks(
    chunks,
    labeller,
    optionsOf,
    rows => checkRows(rows, writer, options.empty),
    bounds,
    signal,
  )
  try {
    for (;;) {
      const next = await labelled.next()
      if (next.done) return next.value
      const { chunk, rows, results } = next.value
      const { output, failed } = await writeChunk(rows, results, writer, tally, options.minScore, keepFailed)
      yield { chunk, output, failed: failed.map(row => ({ ...row, reason: wording(row.reason) })) }
    }
  } finally {
    // No more are wanted.
    await labelled.return(false)
  }
}
