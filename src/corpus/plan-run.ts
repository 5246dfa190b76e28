import type { Readable } from "node:stream"
import { type InputFormat, type OutputFormat, standardStream } from "./formats.ts"
import type { CorpusOptions } from "./options.ts"
import { openRows } from "./read/open-rows.ts"
import { firstRows } from "./rows/first-rows.ts"
import type { ReadRow, Row } from "./rows/row.ts"
import { readManifest } from "./run/manifest.ts"
import { setUpRun } from "./run/run-setup.ts"
import { sizeOf } from "./write/open-output.ts"

const mostLookedAt = 100
const isRead = (row: Row): row is ReadRow => row.problem === undefined

/** What a run would read and write. */
export interface RunPlan {
  /** Absolute paths, or `-`. */
  readonly input: string
  readonly format: InputFormat
  readonly columns: readonly string[]
  /** The column that holds the text. */
  readonly column: string
  /** The text of the first row that can be read; `undefined` if none exists among the first rows. */
  readonly firstText: string | undefined
  readonly output: string
  readonly outputFormat: OutputFormat
  /**
   * What is at the output: nothing, the output of a run that was completed or can continue, or a file that is none of a run, which
   * `force` overwrites.
   */
  readonly found: "nothing" | "complete" | "begun" | "another file"
  /** What a user should know about how the input is read. */
  readonly notes: readonly string[]
}

/**
 * Reads the beginning of a file, and labels and writes nothing.
 *
 * @throws ValenceError `input_invalid`, `option_invalid`
 */
export async function planRun(
  path: string,
  output: string | undefined,
  given: CorpusOptions = {},
  stdin: Readable = process.stdin,
): Promise<RunPlan> {
  const { options, input, files } = setUpRun({ input: path, output, options: given })
  const rows = await openRows(input, options, stdin)
  try {
    const reading = rows.rows()
    const first: Row[] = []
    for await (const batch of firstRows(reading, mostLookedAt)) first.push(...batch)
    return {
      input: input.path,
      format: input.format,
      columns: rows.columns,
      column: rows.column,
      firstText: first.find(isRead)?.text,
      output: files.path,
      outputFormat: files.format,
      found: files.path === standardStream ? "nothing" : await foundAt(files.path, files.manifest),
      notes: await rows.notes(),
    }
  } finally {
    await rows.close()
  }
}

async function foundAt(path: string, manifest: string): Promise<RunPlan["found"]> {
  const before = await readManifest(manifest)
  if (before !== undefined) return before.done ? "complete" : "begun"
  return (await sizeOf(path)) ? "another file" : "nothing"
}
