import { setMaxListeners } from "node:events"
import { abortBehind } from "../../aborting.ts"
import type { LabelledText, Labeller, LabelOptions } from "../../labeller.ts"
import type { Row } from "../rows/row.ts"
import type { Chunk } from "./chunks.ts"
import { type CheckedRow, labelledTexts } from "./write-chunk.ts"

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

/** Bytes of rows that are under way at most, and one chunk more, for any use of the rows. */
export const maxBytesUnderWay = 32 * 1024 * 1024

type Outcome = { readonly results: readonly LabelledText[] } | { readonly thrown: unknown }

/**
 * Labels chunks, several at a time, and gives them back in order. When the signal aborts no further chunk is begun, and
 * those under way are given back that end in time; their labeller cancels the others.
 *
 * @returns whether all chunks were given back
 * @throws the error of the chunks or the labeller, after the chunks before it were returned
 */
export async function* labelChunks(
  chunks: AsyncIterator<Chunk>,
  labeller: Labeller,
  optionsOf: (chunk: Chunk) => LabelOptions,
  check: (rows: readonly Row[]) => CheckedRow[],
  { maxChunks, maxBytes, stopMs }: Bounds,
  signal: AbortSignal | undefined,
): AsyncGenerator<LabelledChunk, boolean> {
  // If one chunk fails, or no more are wanted, do not wait for the running ones.
  const stop = new AbortController()
  setMaxListeners(0, stop.signal)
  using _late = abortBehind(stop, signal, stopMs)
  const begun: { chunk: Chunk; rows: CheckedRow[]; outcome: Promise<Outcome> }[] = []
  let bytes = 0
  let reading: Promise<Arrival> | undefined
  let end: Extract<Arrival, { ended: true }> | undefined
  try {
    for (;;) {
      const hasRoom = begun.length < maxChunks && (begun.length === 0 || bytes < maxBytes)
      if (hasRoom && end === undefined && !signal?.aborted) reading ??= read(chunks, signal)
      // A stream may pause: what is labelled is not kept until its next chunk arrives.
      const arrival = reading && (await Promise.race([reading, ...begun.slice(0, 1).map(({ outcome }) => outcome)]))
      if (arrival !== undefined && "arrived" in arrival) {
        reading = undefined
        if (arrival.ended) end = arrival
        else if (arrival.chunk !== undefined) {
          const { chunk } = arrival
          const rows = check(chunk.rows)
          const options = { ...optionsOf(chunk), signal: stop.signal }
          begun.push({ chunk, rows, outcome: label(labeller, labelledTexts(rows), options) })
          bytes += chunk.bytes
        }
        continue
      }
      const head = begun.shift()
      if (head === undefined) {
        if (end?.error !== undefined) throw end.error
        return end !== undefined
      }
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

/** Never rejects: a chunk may fail while the one before it is awaited. */
async function label(labeller: Labeller, texts: readonly string[], options: LabelOptions): Promise<Outcome> {
  try {
    return { results: texts.length === 0 ? [] : await labeller.label(texts, options) }
  } catch (thrown) {
    return { thrown }
  }
}

/** The next chunk, or the end of the chunks. Of neither there is one if the signal aborted. */
type Arrival =
  | { readonly arrived: true; readonly ended: false; readonly chunk: Chunk | undefined }
  | { readonly arrived: true; readonly ended: true; readonly error?: unknown }

/** Reads the next chunk, or until the signal aborts, even if standard input says nothing for hours. Never rejects. */
function read(chunks: AsyncIterator<Chunk>, signal: AbortSignal | undefined): Promise<Arrival> {
  return new Promise(resolve => {
    const stop = () => resolve({ arrived: true, ended: false, chunk: undefined })
    signal?.addEventListener("abort", stop, { once: true })
    const settle = (arrival: Arrival) => {
      signal?.removeEventListener("abort", stop)
      resolve(arrival)
    }
    chunks.next().then(
      ({ value, done }) =>
        settle(done ? { arrived: true, ended: true } : { arrived: true, ended: false, chunk: value }),
      (error: unknown) => settle({ arrived: true, ended: true, error }),
    )
  })
}
