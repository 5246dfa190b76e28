import { existsSync, type Stats, statSync } from "node:fs"
import { basename, dirname, resolve } from "node:path"
import { requirePath } from "../../check-request.ts"
import { shown, ValenceError } from "../../errors.ts"
import { followLink } from "../../files/replace-file.ts"
import { packingOf, refuseUnreadable, refuseUrl } from "../bytes/input-contents.ts"
import {
  extensionOf,
  type InputFile,
  type InputFormat,
  type Named,
  type OutputFiles,
  type OutputFormat,
  readName,
  standardStream,
} from "../formats.ts"
import { missingInput } from "./missing-input.ts"

/**
 * The input, with its format by option or extension.
 *
 * @throws ValenceError `input_invalid` if there is no such file; `option_invalid` if the format is not known
 */
export function resolveInput(input: string, format: InputFormat | undefined): InputFile {
  requirePath("input", input)
  if (input === standardStream) {
    if (format === undefined)
      throw new ValenceError("option_invalid", "format must be given for standard input: csv, tsv, jsonl or text")
    if (format === "parquet")
      throw new ValenceError(
        "option_invalid",
        "format must be csv, tsv, jsonl or text for standard input: Parquet is read from its end",
      )
    return { path: input, format, compression: undefined }
  }
  refuseUrl(input)
  if (!existsSync(input)) throw missingInput(input)
  if (statSync(input).isDirectory())
    throw new ValenceError("input_invalid", `input must be a file; ${shown(input)} is a folder`)
  const named = readName(input)
  const known = format ?? named.format
  if (known === undefined) {
    refuseUnreadable(input)
    throw new ValenceError(
      "option_invalid",
      `format must be given for ${shown(input)}: its extension is none of .csv, .tsv, .jsonl, .json, .txt (or these with .gz, .zst or .zip) and .parquet`,
    )
  }
  requirePlainParquet("input", input, known, named)
  return { path: resolve(input), format: known, compression: packingOf(input, known, named.compression) }
}

/**
 * The output: as given, otherwise `reviews.labelled.csv` next to `reviews.csv`, and standard output for standard input.
 *
 * @throws ValenceError `option_invalid` if it is the input itself or no file, a format that has no columns, or in no
 * folder
 */
export function resolveOutput(
  input: InputFile,
  output: string | undefined,
  format: OutputFormat | undefined,
): OutputFiles {
  if (output !== undefined) requirePath("output", output)
  const like = input.format === "text" ? "csv" : input.format
  const path = output ?? defaultOutput(input, format ?? like)
  const named = readName(path)
  const chosen = format ?? (path === standardStream ? like : (named.format ?? like))
  if (output !== undefined && format === undefined && named.format === undefined && /\.[^./\\]+$/.test(named.stem))
    throw new ValenceError(
      "option_invalid",
      `output must end in .csv, .tsv or .jsonl (or these with .gz or .zst) or .parquet, or outputFormat be given; got ${shown(path)}`,
    )
  if (chosen === "text")
    throw new ValenceError(
      "option_invalid",
      `output must end in .csv, .tsv, .jsonl or .parquet, because plain text has no place for a label; got ${shown(path)}`,
    )
  if (output !== undefined && chosen === "jsonl" && /\.json(\.(gz|zst))?$/i.test(path))
    throw new ValenceError(
      "option_invalid",
      `output must end in .jsonl, because labelled JSON is written as JSON Lines, an object a line; got ${shown(path)}`,
    )
  requirePlainParquet("output", path, chosen, named)
  const { compression } = named
  if (compression === "zip")
    throw new ValenceError(
      "option_invalid",
      `output must not be a .zip archive, but may be .gz or .zst; got ${shown(path)}`,
    )
  if (path === standardStream)
    return {
      path,
      format: chosen,
      compression: undefined,
      rows: path,
      errors: "",
      manifest: "",
      lock: "",
      nearLock: "",
    }
  const absolute = resolve(path)
  requireShortName(absolute)
  requireFolder("output", absolute)
  const target = followLink(absolute)
  const files: OutputFiles = {
    path: absolute,
    format: chosen,
    compression,
    rows: chosen === "parquet" ? `${absolute}.rows` : absolute,
    errors: `${absolute}.errors.jsonl`,
    manifest: `${absolute}.manifest.json`,
    lock: `${target}.lock`,
    nearLock: `${absolute}.lock`,
  }
  requireFolder("output", target)
  requireOther("output", [files.path, files.rows, files.errors, files.manifest], [input.path])
  if (statOf(absolute)?.isFile() === false)
    throw new ValenceError("option_invalid", `output must be a file, or - for standard output; got ${shown(path)}`)
  return files
}

/**
 * Where the report goes.
 *
 * @throws ValenceError `option_invalid` if it is the input or the output, or in no folder
 */
export function resolveReport(report: string, input: InputFile, { path, rows, errors, manifest }: OutputFiles): string {
  const absolute = resolve(report)
  requireFolder("report", absolute)
  requireOther("report", [absolute], [input.path, path, rows, errors, manifest])
  return absolute
}

function requirePlainParquet(option: string, path: string, format: InputFormat, { compression }: Named): void {
  if (format !== "parquet" || (path !== standardStream && compression === undefined)) return
  const why =
    path === standardStream ? "Parquet cannot be written to standard output" : "Parquet compresses its own pages"
  throw new ValenceError("option_invalid", `${option} must be a .parquet file: ${why}; got ${shown(path)}`)
}

function requireFolder(option: string, path: string): void {
  const folder = dirname(path)
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    throw new ValenceError("option_invalid", `${option} must be in a folder that exists; got ${shown(path)}`)
}

/** The names of lock, list and manifest are longer, and most systems take no more than 255 bytes. */
function requireShortName(path: string): void {
  const most = 255 - ".lock.0123456789abcdef.next".length
  const bytes = Buffer.byteLength(basename(path))
  if (bytes > most)
    throw new ValenceError(
      "option_invalid",
      `output must have a name of at most ${most} bytes, so that its lock and its manifest can have a name; got ${bytes} bytes: ${shown(basename(path))}`,
    )
}

/** A written file must differ from all other files of the run, under any name. */
function requireOther(option: string, written: readonly string[], others: readonly string[]): void {
  for (const path of written)
    for (const other of others)
      if (path === other || isSameFile(statOf(path), statOf(other)))
        throw new ValenceError("option_invalid", `${option} must not be written over ${other}; got ${shown(path)}`)
}

function statOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false })
}

function isSameFile(one: Stats | undefined, other: Stats | undefined): boolean {
  return one !== undefined && one.ino === other?.ino && one.dev === other.dev
}

function defaultOutput(input: InputFile, format: OutputFormat): string {
  if (input.path === standardStream) return standardStream
  const { stem, compression } = readName(input.path)
  const packed =
    compression === undefined || compression === "zip" || format === "parquet" ? "" : extensionOf[compression]
  return `${stem}.labelled.${format}${packed}`
}
