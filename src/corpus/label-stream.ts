import type { Readable } from "node:stream"
import { chosenLabels } from "../chosen-labels.ts"
import { completeOptions } from "../declaration.ts"
import type { Labeller } from "../labeller.ts"
import { type InputFormat, type OutputFormat, standardStream } from "./formats.ts"
import { type CorpusOptions, corpusOptions, labelOptionsOf } from "./options.ts"
import { openRows } from "./read/open-rows.ts"
import { firstRows } from "./rows/first-rows.ts"
import { cutChunks } from "./run/chunks.ts"
import { emptyTally, rowsOf } from "./run/tally.ts"
import { writeChunks } from "./run/write-chunks.ts"
import { addedColumns, requireMinScore } from "./write/added-columns.ts"
import { rowWriter } from "./write/write-rows.ts"

/** What `openLabelStream` is asked to do. */
export interface LabelStreamRequest {
  /** Read to its end, at the pace of who takes the lines; destroyed if that is not wanted any more. */
  readonly input: Readable
  readonly format: InputFormat
  readonly outputFormat: OutputFormat
  /** Lent: it is not closed. */
  readonly labeller: Labeller
  readonly options?: Omit<
    CorpusOptions,
    "format" | "outputFormat" | "checkpointMs" | "report" | "force" | "dedup" | "dedupBytes"
  >
  /** Adds a column `error` to CSV and TSV; in JSON Lines a row without a label always has it. */
  readonly errors?: boolean
  /** The most values that a row may have; default: any number. */
  readonly mostValues?: number
}

/** A stream whose columns are known, and that can be labelled once. */
export interface LabelStream {
  /** The header and the labelled rows, in pieces: all rows in order, those without a label too. */
  lines(): AsyncGenerator<string>
  /** What may be wrong with how the input is read. */
  readonly warnings: readonly string[]
  /** Rows so far. */
  readonly rows: number
  /** Those of them that could not be labelled. */
  readonly failed: number
  /** Those of them whose text is blank. */
  readonly empty: number
  /** Lets go of the input. */
  close(): Promise<void>
}

/**
 * Opens a stream to be labelled: constant memory, and for rows that can be labelled the bytes that `labelCorpus` writes. A row
 * that cannot be labelled keeps its place, with empty label and score.
 *
 * @throws ValenceError `input_invalid`, `option_invalid`, or what the labeller refuses
 */
export async function openLabelStream(request: LabelStreamRequest): Promise<LabelStream> {
  const { input, format, outputFormat, labeller, errors = false, mostValues } = request
  const options = completeOptions(corpusOptions, request.options ?? {})
  requireMinScore(options, labeller.model)
  await labeller.label([], labelOptionsOf(options))
  const file = { path: standardStream, format, compression: undefined }
  const rows = await openRows(file, options, input, "cells", mostValues)
  try {
    const added = addedColumns(options, chosenLabels(options.labels, labeller.model), rows.taken)
    const errorColumn = outputFormat === "jsonl" || errors ? errorName(rows.taken) : undefined
    const writer = rowWriter(file, { format: outputFormat }, rows, added, options.quotes, errorColumn)
    const tally = emptyTally()
    return {
      async *lines() {
        if (writer.header !== "") yield writer.header
        const chunks = cutChunks(firstRows(rows.rows(), options.limit), "stream", 0, options.chunkTexts)
        const how = { labeller, writer, tally, options, named: false, keepFailed: true }
        for await (const { output } of writeChunks(chunks, how)) yield output
      },
      warnings: rows.warnings,
      get rows() {
        return rowsOf(tally)
      },
      get failed() {
        return tally.failed
      },
      get empty() {
        return tally.empty
      },
      close: () => rows.close(),
    }
  } catch (error) {
    await rows.close()
    throw error
  }
}

/** A name that the input does not have. */
function errorName(columns: readonly string[]): string {
  let name = "error"
  while (columns.includes(name)) name = `valence_${name}`
  return name
}
