import { randomBytes } from "node:crypto"
import type { Readable } from "node:stream"
import { chosenLabels } from "../../chosen-labels.ts"
import type { Complete } from "../../declaration.ts"
import { ValenceError } from "../../errors.ts"
import type { ModelInfo } from "../../labeller.ts"
import { fingerprint } from "../bytes/read-blocks.ts"
import { extensionOf, type InputFile, standardStream } from "../formats.ts"
import type { corpusOptions } from "../options.ts"
import { openRows } from "../read/open-rows.ts"
import type { OpenRows } from "../rows/row-source.ts"
import { type AddedColumn, addedColumns, requireMinScore } from "../write/added-columns.ts"
import { sizeOf, tailDigest } from "../write/open-output.ts"
import type { RowWriter } from "../write/row-writer.ts"
import { rowWriter } from "../write/write-rows.ts"
import { inputCheck } from "./input-check.ts"
import {
  type Manifest,
  manifestVersion,
  type RunIdentity,
  readManifest,
  requireSameRun,
  type SafePosition,
} from "./manifest.ts"
import { isRepaired } from "./repaired-input.ts"
import type { RunSetup } from "./run-setup.ts"
import { emptyTally } from "./tally.ts"

/** A run that is ready to continue, from its beginning or from where an earlier start left it. */
export interface PreparedRun {
  readonly setup: RunSetup
  readonly run: string
  readonly identity: RunIdentity
  readonly rows: OpenRows
  readonly added: readonly AddedColumn[]
  /** Makes the lines of the output. */
  readonly writer: RowWriter
  readonly safe: SafePosition
  /** Whether `safe` comes from a manifest. */
  readonly resumed: boolean
  readonly done: boolean
  /** Bytes of the input file; `undefined` for standard input. */
  readonly totalBytes: number | undefined
  /** @throws ValenceError `run_changed` if the input is no longer what it was when it was opened */
  requireUnchanged(): Promise<void>
}

/**
 * Opens the input, finds its columns, and decides between starting, going on and being done already.
 *
 * @throws ValenceError `input_invalid`, `option_invalid`; `run_changed` if the manifest is of another run;
 * `output_exists` if the output is there and no manifest
 */
export async function prepareRun(setup: RunSetup, model: ModelInfo, stdin: Readable): Promise<PreparedRun> {
  const { options, input, files, copiesColumns } = setup
  requireMinScore(options, model)
  if (options.limit !== undefined && copiesColumns)
    throw new ValenceError(
      "option_invalid",
      "limit must be left out from Parquet to Parquet, whose columns are copied whole",
    )
  const print = input.path === standardStream ? undefined : await fingerprint(input.path)
  const rows = await openRows(input, options, stdin, copiesColumns ? "text" : "cells")
  try {
    const added = addedColumns(options, chosenLabels(options.labels, model), rows.taken)
    const identity: RunIdentity = {
      input: print === undefined ? "standard input" : { bytes: print.bytes, sha256: print.sha256 },
      format: formatName(input),
      outputFormat: formatName(files),
      column: rows.column,
      columns: rows.columns,
      added: added.map(({ name }) => name),
      model: { name: model.name, revision: model.revision, dtype: model.dtype },
      options: resultOptions(options),
    }
    const before = files.path === standardStream || options.force ? undefined : await findBefore(setup, identity)
    const safe = before?.safe ?? beginning(rows)
    return {
      setup,
      run: before?.run ?? newRun(),
      identity,
      rows,
      added,
      writer: rowWriter(input, files, rows, added, options.quotes),
      safe,
      resumed: before !== undefined,
      done: before?.done ?? false,
      totalBytes: print?.bytes,
      requireUnchanged: print === undefined ? async () => {} : inputCheck(input.path, print),
    }
  } catch (error) {
    await rows.close()
    throw error
  }
}

/**
 * The manifest of a run.
 *
 * @param safe - how far it is safe, by default as far as it was when it was prepared
 */
export function manifestOf({ run, identity, safe: before }: PreparedRun, safe = before, done = false): Manifest {
  return { version: manifestVersion, run, identity, safe, done }
}

const formatName = ({ format, compression }: Pick<InputFile, "format" | "compression">) =>
  compression === undefined ? format : `${format}${extensionOf[compression]}`

/** The options without which the same input would give other bytes. */
function resultOptions(options: Complete<typeof corpusOptions>): RunIdentity["options"] {
  return {
    delimiter: options.delimiter ?? null,
    quotes: options.quotes,
    limit: options.limit ?? null,
    header: options.header,
    skipLines: options.skipLines,
    escape: options.escape ?? null,
    ...(options.encoding !== "utf-8" && { encoding: options.encoding }),
    maxRowBytes: options.maxRowBytes,
    chunkTexts: options.chunkTexts,
    ...(options.labels && { labels: options.labels.join(",") }),
    scoreFunction: options.scoreFunction ?? null,
    maxLength: options.maxLength ?? null,
    longText: options.longText,
    stride: options.stride ?? null,
    pooling: options.pooling,
    empty: options.empty,
    minScore: options.minScore ?? null,
  }
}

function beginning(rows: OpenRows): SafePosition {
  return { input: rows.start, outputBytes: 0, errorsBytes: 0, chunks: 0, tally: emptyTally() }
}

/** The run that a manifest reports, if it is this one and its output is still there. */
async function findBefore(setup: RunSetup, identity: RunIdentity): Promise<Manifest | undefined> {
  const { files } = setup
  const manifest = await readManifest(files.manifest)
  const written = manifest !== undefined && !manifest.done ? files.rows : files.path
  const [bytes, errorsBytes] = [await sizeOf(written), await sizeOf(files.errors)]
  if (manifest === undefined) {
    for (const [path, size] of [
      [files.path, bytes],
      [files.errors, errorsBytes],
    ] as const)
      if ((size ?? 0) > 0)
        throw new ValenceError(
          "output_exists",
          `${path} already exists and has no manifest; use --force to overwrite it`,
        )
    return undefined
  }
  if (bytes === undefined) return undefined
  const repaired = !isSameInput(manifest.identity, identity) && (await isRepaired(manifest, setup))
  requireSameRun(repaired ? { ...manifest.identity, input: identity.input } : manifest.identity, identity)
  const { safe, done } = manifest
  await requireWhole(written, safe.outputBytes, bytes, safe.outputTail, done)
  await requireWhole(files.errors, safe.errorsBytes, errorsBytes ?? 0, safe.errorsTail, done)
  // Results that are kept under the run's name may be those of damaged texts.
  return repaired ? { ...manifest, run: newRun() } : manifest
}

const newRun = () => randomBytes(6).toString("hex")

const isSameInput = (one: RunIdentity, other: RunIdentity) => JSON.stringify(one.input) === JSON.stringify(other.input)

/** A file may be longer than its manifest vouches for while the run is not done, and never shorter. */
async function requireWhole(
  path: string,
  vouched: number,
  bytes: number,
  tail: string | undefined,
  done: boolean,
): Promise<void> {
  if (bytes !== vouched && (bytes < vouched || done))
    throw new ValenceError(
      "run_changed",
      `output ${path} must have the ${vouched} bytes that its manifest vouches for; got ${bytes}; --force starts over`,
    )
  if (tail !== undefined && (await tailDigest(path, vouched)) !== tail)
    throw new ValenceError(
      "run_changed",
      `output ${path} must have the bytes that its manifest vouches for, and was changed by another program; --force starts over`,
    )
}
