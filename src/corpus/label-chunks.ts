import { setMaxListeners } from "node:events"
import type { LabelledText, Labeller, LabelOptions } from "../labeller.ts"
import type { Chunk } from "./chunks.ts"
import type { Row } from "./row.ts"
import { type CheckedRow, textsOf } from "./write-chunk.ts"

/** A chunk with its results. */
export interface LabelledChunk {
  readonly chunk: Chunk
  readonly rows: readonly CheckedRow[]
  /** One for each text of the chunk that could be labelled. */
  readonly results: readonly LabelledText[]
}

/** How many chunks, and bytes of them, are under way at a time. */
export interface Bounds {
  readonly maxChunks: number
  readonly maxBytes: number
  /** How long chunks under way may take to end when the run is stopped. */
  readonly stopMs: number
}

/** Bytes of rows that are under way at most, and one chunk more, whatever is done with them. */
export const maxBytesUnderWay = 32 * 1024 * 1024

type Outcome = { readonly results: readonly LabelledText[] } | { readonly thrown: unknown }

/**
 * Labels chunks, several at a time, and gives them back in order. When the signal aborts no further chunk is begun, and
 * those under way are given back that end in time; their labeller takes back the others.
 *
 * @returns whether all chunks were given back
 * @throws whatever the labeller rejects with, after the chunks before that one were given back
 */
export async function* labelChunks(
  chunks: AsyncIterator<Chunk>,
  labeller: Labeller,
  optionsOf: (chunk: Chunk) => LabelOptions,
  check: (rows: readonly Row[]) => CheckedRow[],
  { maxChunks, maxBytes, stopMs }: Bounds,
  signal: AbortSignal | undefined,
): AsyncGenerator<LabelledChunk, boolean> {
  // Where one chunk fails, or nobody wants more, those that are under way need not be waited for.
  const stop = new AbortController()
  setMaxListeners(0, stop.signal)
  using _late = abortLater(stop, signal, stopMs)
  const begun: { chunk: Chunk; rows: CheckedRow[]; outcome: Promise<Outcome> }[] = []
  let bytes = 0
  let inputEnded = false
  try {
    for (;;) {
      const hasRoom = begun.length < maxChunks && (begun.length === 0 || bytes < maxBytes)
      if (hasRoom && !inputEnded && !signal?.aborted) {
        const next = await nextUnlessAborted(chunks, signal)
        if (next?.done) inputEnded = true
        else if (next) {
          const chunk = next.value
          const rows = check(chunk.rows)
          const options = { ...optionsOf(chunk), signal: stop.signal }
          begun.push({ chunk, rows, outcome: label(labeller, textsOf(rows), options) })
          bytes += chunk.bytes
        }
        continue
      }
      const head = begun.shift()
      if (head === undefined) return inputEnded
      const outcome = await head.outcome
      if ("thrown" in outcome) {
        if (stop.signal.aborted) return false
        throw outcome.thrown
      }
      bytes -= head.chunk.bytes
      yield { chunk: head.chunk, rows: head.rows, results: outcome.results }
    }
  } finally {
    stop.abort()
  }
}

/** Aborts `stop` so long after the signal did, unless it is disposed. */
function abortLater(stop: AbortController, signal: AbortSignal | undefined, ms: number): Disposable {
  let timer: NodeJS.Timeout | undefined
  const begin = () => {
    timer = setTimeout(() => stop.abort(), ms)
  }
  if (signal?.aborted) begin()
  signal?.addEventListener("abort", begin, { once: true })
  return {
    [Symbol.dispose]() {
      clearTimeout(timer)
      signal?.removeEventListener("abort", begin)
    },
  }
}

/** Never rejects: a chunk may fail while the one before it is awaited. */
async function label(labeller: Labeller, texts: readonly string[], options: LabelOptions): Promise<Outcome> {
  try {
    return { results: texts.length === 0 ? [] : await labeller.label(texts, options) }
  } catch (thrown) {
    return { thrown }
  }
}

/** The next chunk; `undefined` when the signal aborts, even where standard input has nothing to say for hours. */
function nextUnlessAborted(
  chunks: AsyncIterator<Chunk>,
  signal: AbortSignal | undefined,
): Promise<IteratorResult<Chunk, unknown> | undefined> {
  if (signal === undefined) return chunks.next()
  return new Promise((resolve, reject) => {
    const stop = () => resolve(undefined)
    signal.addEventListener("abort", stop, { once: true })
    const settle = () => signal.removeEventListener("abort", stop)
    chunks.next().then(
      next => {
        settle()
        resolve(next)
      },
      (error: unknown) => {
        settle()
        reject(error)
      },
    )
  })
}
