import { createHash, timingSafeEqual } from "node:crypto"
import { readFile } from "node:fs/promises"
import { asError, ValenceError } from "../errors.ts"

/** Shorter ones can be guessed. */
const minKeyLength = 16

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
  constructor(entries: readonly string[]) {
    this.#known = entries.map((entry, index) => {
      const [, name = `key ${index + 1}`, key = ""] = /^(?:([^:]+):)?(.*)$/.exec(entry) ?? []
      if (key.length < minKeyLength)
        throw new ValenceError(
          "option_invalid",
          `API key ${name} must have ${minKeyLength} characters or more; got ${key.length}`,
        )
      return { name, digest: digestOf(key) }
    })
  }

  /** Whether nobody is asked for a key. */
  get open(): boolean {
    return this.#known.length === 0
  }

  /** Whose key it is; takes as long whichever it is, if any. */
  nameOf(key: string): string | undefined {
    const digest = digestOf(key)
    let found: string | undefined
    for (const known of this.#known) if (timingSafeEqual(known.digest, digest)) found = known.name
    return found
  }
}

/**
 * The keys of a file, and of the environment.
 *
 * @throws ValenceError `option_invalid` where the file cannot be read, or a key is too short
 */
export async function readApiKeys(file: string | undefined, env: NodeJS.ProcessEnv = process.env): Promise<ApiKeys> {
  const listed = (env["VALENCE_API_KEYS"] ?? "").split(",")
  const lines = file === undefined ? [] : (await read(file)).split("\n")
  const entries = [...lines, ...listed]
    .map(entry => entry.trim())
    .filter(entry => entry !== "" && !entry.startsWith("#"))
  // A file of keys that has none would open the server to everybody.
  if (file !== undefined && entries.length === 0)
    throw new ValenceError("option_invalid", `${file} must have an API key on a line; it has none`)
  return new ApiKeys(entries)
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8")
  } catch (cause) {
    throw new ValenceError("option_invalid", `file of API keys must be readable; ${asError(cause).message}`, { cause })
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
