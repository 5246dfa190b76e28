import { existsSync, statSync } from "node:fs"
import { basename, join, relative, resolve, sep } from "node:path"
import { glob, isDynamicPattern } from "tinyglobby"
import { shown, ValenceError } from "../errors.ts"
import { schemeOf } from "./decoders/input-contents.ts"
import { formatOfName, standardStream } from "./run-files.ts"

/** One of several files that are labelled. */
export interface FoundInput {
  readonly path: string
  /** From the folder that was given, or that the pattern begins with. */
  readonly name: string
}

/** Whether an input is a folder, or a pattern such as `reviews/*.csv`, rather than one file. */
export function isSeveral(input: string): boolean {
  if (input === standardStream || schemeOf(input) !== undefined) return false
  return existsSync(input) ? statSync(input).isDirectory() : isDynamicPattern(input)
}

/**
 * The files of a folder whose extension tells their format, or those that a pattern names, in the order of their names.
 * Those below `output` are left out, as are lists of errors in a folder.
 *
 * @throws ValenceError `input_invalid` where there are none
 */
export async function findInputs(input: string, output: string): Promise<FoundInput[]> {
  const isFolder = existsSync(input)
  const base = isFolder ? input : baseOf(input)
  const pattern = isFolder ? "**/*" : input.slice(base.length).replace(/^\/+/, "")
  const cwd = resolve(base)
  const names = await glob(pattern, { cwd, onlyFiles: true, expandDirectories: false })
  const inOutput = relative(cwd, resolve(output))
  const found = names.filter(
    name => !isBelow(name, inOutput) && (!isFolder || (formatOfName(name) !== undefined && !isErrorList(name))),
  )
  if (found.length > 0) return found.sort().map(name => ({ path: join(base, name), name }))
  const what = isFolder ? "have files that end in .csv, .tsv, .jsonl, .txt or .parquet" : "name files that exist"
  throw new ValenceError("input_invalid", `input must ${what}; got ${shown(input)}`)
}

/** What goes before the first part of a pattern that stands for several names. */
function baseOf(pattern: string): string {
  const parts = pattern.split("/")
  const fixed = parts.slice(
    0,
    parts.findIndex(part => isDynamicPattern(part)),
  )
  return fixed.length === 0 ? "." : fixed.join("/") || "/"
}

/** An output in the folder of the inputs must not become an input; the folder itself may be both. */
const isBelow = (name: string, folder: string) => folder !== "" && name.startsWith(`${folder.replaceAll(sep, "/")}/`)

const isErrorList = (name: string) => basename(name).endsWith(".errors.jsonl")
