import { once } from "node:events"
import { stderr, stdin, stdout } from "node:process"
import type { TextEncoding } from "../../corpus/encoding/encodings.ts"
import { corpusOptions } from "../../corpus/options.ts"
import { readTextLines } from "../../corpus/read/read-lines.ts"
import type { Row } from "../../corpus/rows/row.ts"
import type { Chunk } from "../../corpus/run/chunks.ts"
import { type LabelledChunk, labelChunks, maxBytesUnderWay } from "../../corpus/run/label-chunks.ts"
import { checkRows } from "../../corpus/run/write-chunk.ts"
import type { LabelledText, Labeller, LabelOptions } from "../../labeller.ts"

/** How lines are labelled and shown. */
export interface ClassifyLinesRequest {
  readonly labeller: Labeller
  readonly options: LabelOptions
  readonly encoding: TextEncoding
  /** A line of output, with its end. */
  show(text: string, result: LabelledText): string
  readonly signal: AbortSignal
}

/**
 * Labels the lines of standard input and prints a line for each, in order, as they come: memory does not grow with them.
 *
 * @returns whether the input was labelled to its end, and whether every line has a label
 */
export async function classifyLines(
  request: ClassifyLinesRequest,
): Promise<{ readonly ended: boolean; readonly failed: boolean }> {
  const { labeller, options, encoding, show, signal } = request
  if (stdin.isTTY) stderr.write("one text a line; Ctrl-D ends\n")
  const stop = () => stdin.destroy()
  signal.addEventListener("abort", stop, { once: true })
  try {
    const lines = await readTextLines(stdin, encoding)
    const chunks = labelChunks(
      chunksOf(lines.rows()),
      labeller,
      () => options,
      // Whether a blank line is an error is the labeller's choice.
      rows => checkRows(rows, { refuse: () => undefined }, "label"),
      { maxChunks: corpusOptions.maxChunks.default, maxBytes: maxBytesUnderWay, stopMs: 0 },
      signal,
    )
    let failed = false
    let next = await chunks.next()
    for (; !next.done; next = await chunks.next())
      for (const [text, result] of resultsOf(next.value)) {
        failed ||= result.error !== undefined
        if (!stdout.write(show(text, result))) await once(stdout, "drain")
      }
    for (const note of await lines.notes()) stderr.write(`note: ${note}\n`)
    return { ended: next.value, failed }
  } catch (error) {
    // Standard input was closed while it was read.
    if (signal.aborted) return { ended: false, failed: false }
    throw error
  } finally {
    signal.removeEventListener("abort", stop)
    stdin.destroy()
  }
}

/** Chunks of what has arrived: a line that is typed does not wait for the next. */
async function* chunksOf(rows: AsyncIterable<readonly Row[]>): AsyncGenerator<Chunk> {
  const chunkTexts = corpusOptions.chunkTexts.default
  let number = 0
  for await (const batch of rows)
    for (let at = 0; at < batch.length; at += chunkTexts) {
      const part = batch.slice(at, at + chunkTexts)
      yield { id: `lines-${number}`, number, rows: part, bytes: part.reduce((sum, { bytes }) => sum + bytes, 0) }
      number++
    }
}

function* resultsOf({ rows, results }: LabelledChunk): Generator<[string, LabelledText]> {
  let next = 0
  for (const { text = "", error } of rows) {
    const result = error === undefined ? results[next++] : { error }
    if (result === undefined) throw new Error(`a labeller must give one result a text; got ${results.length}`)
    yield [text, result]
  }
}
