import { closeSync, openSync, readSync, statSync } from "node:fs"
import { basename } from "node:path"
import { asError, shown, ValenceError } from "../../errors.ts"
import type { InputFormat, Packing } from "../formats.ts"
import { contentsBytes, contentsOf } from "./contents.ts"

/** How an object is read from a store, by the scheme of its URL. */
const readers: Readonly<Record<string, (url: string) => string>> = {
  s3: url => `aws s3 cp ${url} -`,
  gs: url => `gcloud storage cat ${url}`,
  http: url => `curl -fsSL ${url}`,
  https: url => `curl -fsSL ${url}`,
  ftp: url => `curl -fsSL ${url}`,
  hdfs: url => `hdfs dfs -cat ${url}`,
}

/** The scheme of a URL; `undefined` for a path. */
export function schemeOf(input: string): string | undefined {
  return /^([a-z][a-z0-9+.-]+):\/\//i.exec(input)?.[1]?.toLowerCase()
}

/**
 * Refuses a URL with the command that reads it.
 *
 * @throws ValenceError `input_invalid`
 */
export function refuseUrl(input: string): void {
  const scheme = schemeOf(input)
  if (scheme === undefined) return
  if (scheme === "file") throw new ValenceError("input_invalid", `input must be a path, not a URL; got ${shown(input)}`)
  const reader = readers[scheme]?.(`'${input}'`) ?? "COMMAND"
  throw new ValenceError(
    "input_invalid",
    `input must be a file or -; got the URL ${shown(input)}: pipe it in: ${reader} | valence label - --format csv -o labelled.csv`,
  )
}

/**
 * How a file is packed, by its first bytes, not by its name.
 *
 * @param named - what its name says
 * @throws ValenceError `input_invalid` if it holds what cannot be read as its format
 */
export function packingOf(path: string, format: InputFormat, named: Packing): Packing {
  const first = firstBytes(path)
  const contents = contentsOf(first)
  const kind = contents?.kind
  if (format === "parquet" && kind === "parquet") return undefined
  if (format !== "parquet" && (kind === "gzip" || kind === "zstd" || kind === "zip")) return kind
  if (contents !== undefined) throw invalid(path, `is ${contents.name}: ${contents.fix(path, format)}`)
  if (named === undefined || first.length === 0) return named
  const plain = basename(path).replace(/\.[^.]+$/, "")
  throw invalid(path, `is not compressed, as its name says: rename it to ${plain}, if it is plain text`)
}

/**
 * Refuses a file of no known extension if no format can read what it holds.
 *
 * @throws ValenceError `input_invalid`
 */
export function refuseUnreadable(path: string): void {
  if (/\.(xlsx|xlsm|xlsb|xls|ods|numbers)$/i.test(path)) throw invalid(path, "is a spreadsheet: save it as CSV (UTF-8)")
  if (/\.(docx?|odt|pages|pdf)$/i.test(path)) throw invalid(path, "is a document: save it as plain text")
  const contents = contentsOf(firstBytes(path))
  if (contents?.kind === "other") throw invalid(path, `is ${contents.name}: ${contents.fix(path, "csv")}`)
}

/** Only files are opened: the first bytes of a pipe would be lost. */
function firstBytes(path: string): Buffer {
  if (!statSync(path).isFile()) return Buffer.alloc(0)
  try {
    const file = openSync(path, "r")
    try {
      const buffer = Buffer.alloc(contentsBytes)
      return buffer.subarray(0, readSync(file, buffer, 0, contentsBytes, 0))
    } finally {
      closeSync(file)
    }
  } catch (error) {
    throw invalid(path, `cannot be read: ${asError(error).message}`)
  }
}

const invalid = (path: string, why: string) => new ValenceError("input_invalid", `input ${path} ${why}`)
