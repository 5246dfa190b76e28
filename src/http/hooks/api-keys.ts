import { createHash, timingSafeEqual } from "node:crypto"
import { readFile } from "node:fs/promises"
import { asError, shown, ValenceError } from "../../errors.ts"

/** Shorter ones can be guessed. */
const minKeyLength = 16

/** What a key is for: operators may also see what belongs to others. */
export type KeyKind = "API" | "operator"

/** A key, as it is remembered: never itself. */
interface KnownKey {
  readonly name: string
  readonly digest: Buffer
}

/** Who may call. */
export class ApiKeys {
  readonly #known: readonly KnownKey[]

  /**
   * @param entries - `NAME:KEY` or `KEY`
   * @throws ValenceError `option_invalid` for a key that is too short
   */
  constructor(entries: readonly string[], kind: KeyKind = "API") {
    this.#known = entries.map((entry, index) => {
      const [, name = `${kind === "API" ? "key" : kind} ${index + 1}`, key = ""] =
        /^(?:([^:]+):)?(.*)$/.exec(entry) ?? []
      if (key.length < minKeyLength)
        throw new ValenceError(
          "option_invalid",
          `${kind} key ${name} must have ${minKeyLength} characters or more; got ${key.length}`,
        )
      return { name, digest: digestOf(key) }
    })
  }

  /** Whether there are none. */
  get empty(): boolean {
    return this.#known.length === 0
  }

  /** The names of the keys: whom files, batches and jobs belong to. */
  get names(): ReadonlySet<string> {
    return new Set(this.#known.map(({ name }) => name))
  }

  /** Whose key it is; takes as long whichever it is, if any. */
  nameOf(key: string): string | undefined {
    const digest = digestOf(key)
    let found: string | undefined
    for (const known of this.#known) if (timingSafeEqual(known.digest, digest)) found = known.name
    return found
  }
}

/** The keys that a server asks for. */
export interface ServerKeys {
  /** With none of them, the server labels for everyone. */
  readonly api: ApiKeys
  /** What an API key may do, and to see the jobs of all keys. */
  readonly operator: ApiKeys
}

/**
 * The keys of a server, from its files and the environment.
 *
 * @throws ValenceError `option_invalid` if a file cannot be read, a key is too short, or an API key and an operator key have one name
 */
export async function readServerKeys(
  files: { readonly apiKeysFile: string | undefined; readonly operatorKeysFile: string | undefined },
  env: NodeJS.ProcessEnv = process.env,
): Promise<ServerKeys> {
  const api = new ApiKeys(await readEntries("API", files.apiKeysFile, env["VALENCE_API_KEYS"]))
  const operator = new ApiKeys(
    await readEntries("operator", files.operatorKeysFile, env["VALENCE_OPERATOR_KEYS"]),
    "operator",
  )
  // Both would own the same files.
  const both = [...operator.names].find(name => api.names.has(name))
  if (both !== undefined)
    throw new ValenceError(
      "option_invalid",
      `an operator key must have a name of its own; ${shown(both)} is an API key`,
    )
  return { api, operator }
}

async function readEntries(kind: KeyKind, file: string | undefined, variable = ""): Promise<string[]> {
  const listed = variable.split(",")
  const lines = file === undefined ? [] : (await read(kind, file)).split("\n")
  const entries = [...lines, ...listed]
    .map(entry => entry.trim())
    .filter(entry => entry !== "" && !entry.startsWith("#"))
  // A file of keys that has none would open the server to everybody.
  if (file !== undefined && entries.length === 0)
    throw new ValenceError("option_invalid", `${file} must have an ${kind} key on a line; it has none`)
  return entries
}

async function read(kind: KeyKind, file: string): Promise<string> {
  try {
    return await readFile(file, "utf8")
  } catch (cause) {
    throw new ValenceError("option_invalid", `file of ${kind} keys must be readable; ${asError(cause).message}`, {
      cause,
    })
  }
}

/** The key of a request: a bearer token, the password of basic authentication (browsers ask for it), or `x-api-key`. */
export function keyOf(headers: Readonly<Record<string, string | string[] | undefined>>): string | undefined {
  const given = headers["x-api-key"]
  if (typeof given === "string") return given
  const [, scheme = "", credentials = ""] = /^(\S+)\s+(.*)$/.exec(headers["authorization"]?.toString() ?? "") ?? []
  if (/^bearer$/i.test(scheme)) return credentials
  if (!/^basic$/i.test(scheme)) return undefined
  const pair = Buffer.from(credentials, "base64").toString()
  return pair.slice(pair.indexOf(":") + 1)
}

const digestOf = (key: string) => createHash("sha256").update(key).digest()
