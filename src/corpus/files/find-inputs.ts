import { existsSync, statSync } from "node:fs"
import { basename, join, relative, resolve, sep } from "node:path"
import { glob, isDynamicPattern } from "tinyglobby"
import { shown, ValenceError } from "../../errors.ts"
import { schemeOf } from "../bytes/input-contents.ts"
import { formatOfName, standardStream } from "../formats.ts"
import { missingInput } from "./missing-input.ts"

/** One of several files that are labelled. */
export interface FoundInput {
  readonly path: string
  /** From the folder that was given, or that the pattern begins with. */
  readonly name: string
}

/** Whether an input is a folder, or a pattern such as `reviews/*.csv`, rather than one file. */
export function isSeveral(input: string): boolean {
  if (input === standardStream || schemeOf(input) !== undefined) return false
  return existsSync(input) ? statSync(input).isDirectory() : isPattern(patternIn(input).pattern)
}

/**
 * The files of a folder whose extension shows their format, or those that a pattern names, in the order of their names.
 * Those below `output` are left out, and so are lists of errors and manifests in a folder.
 *
 * @throws ValenceError `input_invalid` if there are none
 */
export async function findInputs(input: string, output: string): Promise<FoundInput[]> {
  const isFolder = existsSync(input)
  const { base, pattern } = isFolder ? { base: input, pattern: "**/*" } : patternIn(input)
  const cwd = resolve(base)
  const patterns = [pattern.replace(bareParentheses, "\\($1\\)"), pattern.replace(/[()[\]{}]/g, "\\$&")]
  const names = await glob(patterns, { cwd, onlyFiles: true, expandDirectories: false })
  const inOutput = relative(cwd, resolve(output))
  const found = names.filter(
    name => !isBelow(name, inOutput) && (!isFolder || (formatOfName(name) !== undefined && !isOfRun(name))),
  )
  if (found.length > 0) return found.sort().map(name => ({ path: join(base, name), name }))
  if (!isFolder && !/[*?]/.test(pattern)) throw missingInput(input)
  const what = isFolder ? "have files that end in .csv, .tsv, .jsonl, .txt or .parquet" : "name files that exist"
  throw new ValenceError("input_invalid", `input must ${what}; got ${shown(input)}`)
}

/** Parentheses that are part of a name: in a pattern, one of these characters precedes them. */
const bareParentheses = /(?<![@+!?*])\(([^)]*)\)/g

/** Whether a part of a path stands for several names. Parentheses alone are part of a name. */
function isPattern(part: string): boolean {
  return isDynamicPattern(part.replace(bareParentheses, "$1"))
}

/** A pattern, and what goes before it: parts that exist as they are written, and parts that stand for one name. */
function patternIn(input: string): { readonly base: string; readonly pattern: string } {
  const parts = input.split("/")
  let fixed = 0
  const path = (count: number) => parts.slice(0, count).join("/") || "/"
  while (fixed < parts.length - 1 && (existsSync(path(fixed + 1)) || !isPattern(parts[fixed] as string))) fixed++
  return { base: fixed === 0 ? "." : path(fixed), pattern: parts.slice(fixed).join("/") }
}

/** An output in the folder of the inputs must not become an input; the folder itself may be both. */
const isBelow = (name: string, folder: string) => folder !== "" && name.startsWith(`${folder.replaceAll(sep, "/")}/`)

/** Whether a run wrote a file beside its output. */
const isOfRun = (name: string) => /\.(errors\.jsonl|manifest\.json)$/.test(basename(name))
