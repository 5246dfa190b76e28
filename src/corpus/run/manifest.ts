import { readFile, stat } from "node:fs/promises"
import { asError, shown, ValenceError } from "../../errors.ts"
import { replaceFile } from "../../files/replace-file.ts"
import { fileState } from "../bytes/file-state.ts"
import type { Fingerprint } from "../bytes/read-blocks.ts"
import { explainedFailure } from "../files/explained-failure.ts"
import type { InputPosition } from "../rows/row-source.ts"
import type { Tally } from "./tally.ts"

/** Changes whenever the same input, model and options could lead to other bytes in the output. */
export const manifestVersion = 2

/** All that decides the output: a run continues only if each of these is unchanged. */
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
  /** Digests of the last bytes of both, as `tailDigest` makes them; absent if there are none, or an older Valence wrote it. */
  readonly outputTail?: string | undefined
  readonly errorsTail?: string | undefined
  readonly chunks: number
  readonly tally: Tally
}

/** What is next to the output as `<output>.manifest.json`. */
export interface Manifest {
  readonly version: number
  readonly run: string
  readonly identity: RunIdentity
  readonly safe: SafePosition
  readonly done: boolean
  /** The digest of the text up to `safe`, if the input was found to be damaged after it. */
  readonly damaged?: { readonly textSha256: string }
}

/**
 * The manifest of an output; `undefined` if none exists.
 *
 * @throws ValenceError `run_changed` if it cannot be read, or another version of Valence wrote it
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

/** The manifest of a run at work: it is written again and again, and by this run alone. */
export class ManifestFile {
  readonly #path: string
  #content = ""
  #written: string | undefined

  constructor(path: string) {
    this.#path = path
  }

  /** Puts a manifest into the place of the last one, at once and for good. */
  async write(manifest: Manifest): Promise<void> {
    await this.#put(`${JSON.stringify(manifest, null, 1)}\n`)
  }

  /** @throws ValenceError `output_failed` if someone else removed or replaced it since it was written */
  async requireOwn(): Promise<void> {
    if (this.#written === undefined) return
    const found = await this.#find()
    if (found === this.#written) return
    if (found !== undefined)
      throw explainedFailure(
        `manifest ${this.#path} was changed by another program during the run: put it back, or start over with --force`,
      )
    await this.#put(this.#content)
    throw explainedFailure(
      `manifest ${this.#path} was removed by another program during the run; it was written again, and the same command continues`,
    )
  }

  async #put(content: string): Promise<void> {
    await replaceFile(this.#path, content)
    this.#content = content
    this.#written = await this.#find()
  }

  /** What distinguishes the file from any other that gets its name. */
  async #find(): Promise<string | undefined> {
    const found = await stat(this.#path, { bigint: true }).catch(() => undefined)
    return found && fileState(found)
  }
}

/**
 * Compares a run with the one in a manifest.
 *
 * @throws ValenceError `run_changed`, naming everything that differs
 */
export function requireSameRun(before: RunIdentity, now: RunIdentity): void {
  const [was, is] = [flatten(before), flatten(now)]
  const differences = [...new Set([...was.keys(), ...is.keys()])]
    .filter(name => was.get(name) !== is.get(name))
    .map(name => `${name} was ${was.get(name) ?? "not set"} and is now ${is.get(name) ?? "not set"}`)
  if (differences.length > 0)
    throw changed(`the output was begun with another input, model or options: ${differences.join("; ")}`)
  if (now.input === "standard input")
    throw changed("the run cannot continue, because standard input cannot be read from the middle")
}

function changed(message: string): ValenceError {
  return new ValenceError("run_changed", `${message}; --force starts over`)
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
