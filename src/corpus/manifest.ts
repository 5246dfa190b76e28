import { readFile } from "node:fs/promises"
import { asError, shown, ValenceError } from "../errors.ts"
import { replaceFile } from "../replace-file.ts"
import type { InputPosition } from "./open-rows.ts"
import type { Fingerprint } from "./read-blocks.ts"
import type { Tally } from "./tally.ts"

/** Changes whenever the same input, model and options could lead to other bytes in the output. */
export const manifestVersion = 2

/** All that decides what the output is: a run goes on only where each of these is as it was. */
export interface RunIdentity {
  /** Standard input cannot be read again, and has no fingerprint. */
  readonly input: Fingerprint | "standard input"
  readonly format: string
  readonly outputFormat: string
  readonly column: string
  readonly columns: readonly string[]
  readonly added: readonly string[]
  readonly model: { readonly name: string; readonly revision: string; readonly dtype: string }
  /** The options that change what is written. */
  readonly options: Readonly<Record<string, string | number | boolean | null>>
}

/** How far a run is safe. */
export interface SafePosition {
  readonly input: InputPosition
  /** Bytes of the output and of the list of errors. */
  readonly outputBytes: number
  readonly errorsBytes: number
  readonly chunks: number
  readonly tally: Tally
}

/** What lies beside the output as `<output>.manifest.json`. */
export interface Manifest {
  readonly version: number
  readonly run: string
  readonly identity: RunIdentity
  readonly safe: SafePosition
  readonly done: boolean
}

/**
 * The manifest of an output; `undefined` where there is none.
 *
 * @throws ValenceError `run_changed` where it cannot be read, or another version of Valence wrote it
 */
export async function readManifest(path: string): Promise<Manifest | undefined> {
  let text: string
  try {
    text = await readFile(path, "utf8")
  } catch (error) {
    const { code, message }: NodeJS.ErrnoException = asError(error)
    if (code === "ENOENT") return undefined
    throw changed(`manifest ${path} cannot be read: ${message}`)
  }
  const manifest = parse(text)
  if (manifest === undefined) throw changed(`manifest ${path} cannot be read`)
  if (manifest.version !== manifestVersion)
    throw changed(`manifest ${path} must have version ${manifestVersion}; got ${shown(manifest.version)}`)
  return manifest
}

function parse(text: string): Manifest | undefined {
  try {
    const manifest = JSON.parse(text) as Manifest | null
    return typeof manifest === "object" && manifest?.identity && manifest.safe ? manifest : undefined
  } catch {
    return undefined
  }
}

/** Puts a manifest into the place of the last one, at once and for good. */
export async function writeManifest(path: string, manifest: Manifest): Promise<void> {
  await replaceFile(path, `${JSON.stringify(manifest, null, 1)}\n`)
}

/**
 * Holds a run against the one that a manifest tells of.
 *
 * @throws ValenceError `run_changed`, naming everything that differs
 */
export function requireSameRun(before: RunIdentity, now: RunIdentity): void {
  const [was, is] = [flatten(before), flatten(now)]
  const differences = [...new Set([...was.keys(), ...is.keys()])]
    .filter(name => was.get(name) !== is.get(name))
    .map(name => `${name} was ${was.get(name) ?? "not there"} and is ${is.get(name) ?? "not there"}`)
  if (differences.length > 0) throw changed(`run must be the one that began the output: ${differences.join("; ")}`)
  if (now.input === "standard input")
    throw changed("run cannot go on, because standard input cannot be read from the middle")
}

function changed(message: string): ValenceError {
  return new ValenceError("run_changed", `${message}; force starts over`)
}

/** `{ model: { name: "a" } }` → `model.name` is `"a"`. */
function flatten(value: object, path = "", into = new Map<string, string>()): Map<string, string> {
  for (const [name, part] of Object.entries(value)) {
    const here = path === "" ? name : `${path}.${name}`
    if (typeof part === "object" && part !== null && !Array.isArray(part)) flatten(part, here, into)
    else into.set(here, JSON.stringify(part))
  }
  return into
}
