import { existsSync, type Stats, statSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { shown, ValenceError } from "../errors.ts"
import type { inputFormats, outputFormats } from "./options.ts"

export type InputFormat = (typeof inputFormats)[number]
export type OutputFormat = (typeof outputFormats)[number]

/** Stands for standard input or standard output where a path is expected. */
export const standardStream = "-"

const formatByExtension: Readonly<Record<string, InputFormat>> = {
  csv: "csv",
  tsv: "tsv",
  tab: "tsv",
  jsonl: "jsonl",
  ndjson: "jsonl",
  txt: "text",
  text: "text",
}

/** Where the corpus is and how it is read. */
export interface InputFile {
  /** Absolute, or `-`. */
  readonly path: string
  readonly format: InputFormat
  readonly gzip: boolean
}

/** Where the output goes, and what lies beside it. */
export interface OutputFiles {
  /** Absolute, or `-`. */
  readonly path: string
  readonly format: OutputFormat
  readonly gzip: boolean
  /** The rows without a label: `<output>.errors.jsonl`. */
  readonly errors: string
  /** `<output>.manifest.json`. */
  readonly manifest: string
  /** `<output>.lock`. */
  readonly lock: string
}

interface Named {
  readonly stem: string
  readonly format: InputFormat | undefined
  readonly gzip: boolean
}

/** `reviews.csv.gz` → stem `reviews`, format `csv`, gzip. */
function readName(path: string): Named {
  const gzip = /\.gz$/i.test(path)
  const plain = gzip ? path.slice(0, -3) : path
  const extension = /\.([^./\\]+)$/.exec(plain)?.[1]
  const format = extension === undefined ? undefined : formatByExtension[extension.toLowerCase()]
  return { stem: format === undefined ? plain : plain.slice(0, -(extension?.length ?? 0) - 1), format, gzip }
}

/**
 * The input, with its format by option or extension.
 *
 * @throws ValenceError `input_invalid` where there is no such file; `option_invalid` where the format is not known
 */
export function resolveInput(input: string, format: InputFormat | undefined): InputFile {
  if (input === standardStream) {
    if (format === undefined)
      throw new ValenceError("option_invalid", "format must be given for standard input: csv, tsv, jsonl or text")
    return { path: input, format, gzip: false }
  }
  if (!existsSync(input)) throw new ValenceError("input_invalid", `input ${shown(input)} does not exist`)
  if (statSync(input).isDirectory())
    throw new ValenceError("input_invalid", `input must be a file; ${shown(input)} is a folder`)
  const named = readName(input)
  const known = format ?? named.format
  if (known === undefined)
    throw new ValenceError(
      "option_invalid",
      `format must be given for ${shown(input)}: its extension is none of .csv, .tsv, .jsonl, .txt (or these with .gz)`,
    )
  return { path: resolve(input), format: known, gzip: named.gzip }
}

/**
 * The output: as given, otherwise `reviews.labelled.csv` beside `reviews.csv`, and standard output for standard input.
 *
 * @throws ValenceError `option_invalid` where it is the input itself or no file, a format that has no columns, or in no
 * folder
 */
export function resolveOutput(
  input: InputFile,
  output: string | undefined,
  format: OutputFormat | undefined,
): OutputFiles {
  const like = input.format === "text" ? "csv" : input.format
  const path = output ?? defaultOutput(input, format ?? like)
  const named = readName(path)
  const chosen = format ?? (path === standardStream ? like : (named.format ?? like))
  if (output !== undefined && format === undefined && named.format === undefined && /\.[^./\\]+$/.test(named.stem))
    throw new ValenceError(
      "option_invalid",
      `output must end in .csv, .tsv or .jsonl (or these with .gz), or outputFormat be given; got ${shown(path)}`,
    )
  if (chosen === "text")
    throw new ValenceError(
      "option_invalid",
      `output must end in .csv, .tsv or .jsonl, because plain text has no place for a label; got ${shown(path)}`,
    )
  if (path === standardStream) return { path, format: chosen, gzip: false, errors: "", manifest: "", lock: "" }
  const absolute = resolve(path)
  const files: OutputFiles = {
    path: absolute,
    format: chosen,
    gzip: named.gzip,
    errors: `${absolute}.errors.jsonl`,
    manifest: `${absolute}.manifest.json`,
    lock: `${absolute}.lock`,
  }
  requireFolder("output", absolute)
  requireOther("output", [files.path, files.errors, files.manifest], [input.path])
  if (statOf(absolute)?.isFile() === false)
    throw new ValenceError("option_invalid", `output must be a file, or - for standard output; got ${shown(path)}`)
  return files
}

/**
 * Where the report goes.
 *
 * @throws ValenceError `option_invalid` where it is the input or the output, or in no folder
 */
export function resolveReport(report: string, input: InputFile, { path, errors, manifest }: OutputFiles): string {
  const absolute = resolve(report)
  requireFolder("report", absolute)
  requireOther("report", [absolute], [input.path, path, errors, manifest])
  return absolute
}

function requireFolder(option: string, path: string): void {
  const folder = dirname(path)
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    throw new ValenceError("option_invalid", `${option} must lie in a folder that exists; got ${shown(path)}`)
}

/** Whatever is written must be none of the files that are read or written besides, under whatever name. */
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
  const { stem } = readName(input.path)
  return `${stem}.labelled.${format}${input.gzip ? ".gz" : ""}`
}
