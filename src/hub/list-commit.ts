import { HubApiError, listFiles, modelInfo } from "@huggingface/hub"
import { shown, ValenceError } from "../errors.ts"
import { commitPattern, type HubFile } from "../store/cache.ts"
import { type HubName, showHubName } from "../store/hub-name.ts"
import { onnxFolder } from "../store/ready-graph.ts"
import { type Asked, hubFailed, hubRefusal } from "./hub-error.ts"
import type { Hub } from "./open-hub.ts"

/** What the hub says of a revision. */
export interface Commit {
  readonly commit: string
  readonly licence: string | undefined
  /** Those in the repository's root, and in its folder `onnx`. */
  readonly files: readonly HubFile[]
}

/** What a model is called in errors. */
export function askedOf(name: HubName, { endpoint, hasToken }: Hub): Asked {
  return { what: `model ${showHubName(name)}`, endpoint, hasToken }
}

/**
 * Asks the hub which commit a revision is, and which files it has; again if it fails.
 *
 * @throws ValenceError `model_not_found`, `hub_denied`, `hub_failed`
 */
export async function listCommit(name: HubName, hub: Hub): Promise<Commit> {
  const backoff = hub.backoff()
  for (;;) {
    try {
      return await askOnce(name, hub)
    } catch (error) {
      await backoff.waitOut(error as ValenceError)
    }
  }
}

async function askOnce(name: HubName, hub: Hub): Promise<Commit> {
  const { endpoint: hubUrl, fetch } = hub
  const asked = askedOf(name, hub)
  try {
    const fields = { name: name.id, revision: name.revision, hubUrl, fetch }
    const { sha, cardData } = await modelInfo({ ...fields, additionalFields: ["sha", "cardData"] })
    if (!commitPattern.test(sha)) throw new Error(`its commit must be 40 hex digits; got ${shown(sha)}`)
    const list = (path?: string) => listFolder({ repo: name.id, revision: sha, hubUrl, fetch, ...(path && { path }) })
    const { files, folders } = await list()
    // Exports have a folder of their own.
    const more = folders.includes(onnxFolder) ? (await list(onnxFolder)).files : []
    const names = new Set(files.map(file => file.name))
    const all = [...files, ...more.filter(file => !names.has(file.name))]
    return { commit: sha, licence: licenceOf(cardData), files: all }
  } catch (error) {
    if (error instanceof HubApiError) throw hubRefusal(error.statusCode, error.message, asked)
    throw hubFailed(error, asked)
  }
}

/** More files than any model has in a folder. */
const MAX_FILES = 10_000

async function listFolder(of: Parameters<typeof listFiles>[0]): Promise<{ files: HubFile[]; folders: string[] }> {
  const files: HubFile[] = []
  const folders: string[] = []
  let entries = 0
  for await (const entry of listFiles(of)) {
    if (++entries > MAX_FILES) throw new Error(`a folder must have at most ${MAX_FILES} files; it has more`)
    if (entry.type === "file") files.push(readEntry(entry))
    else folders.push(entry.path)
  }
  return { files, folders }
}

interface Entry {
  readonly path: string
  readonly size: number
  readonly oid?: string
  readonly lfs?: { readonly oid: string; readonly size: number }
}

function readEntry({ path, size, oid, lfs }: Entry): HubFile {
  const bytes = lfs ? lfs.size : size
  const isSound = typeof path === "string" && Number.isSafeInteger(bytes) && bytes >= 0
  const sum = lfs ? lfs.oid : oid
  const isHex = typeof sum === "string" && (lfs ? /^[0-9a-f]{64}$/ : commitPattern).test(sum)
  if (!isSound || !isHex)
    throw new ValenceError(
      "hub_failed",
      `the hub must list each file with its name, size and checksum; got ${shown(path)}`,
    )
  return lfs ? { name: path, bytes, sha256: sum } : { name: path, bytes, gitSha1: sum }
}

/** What the model card names: a word, or several; of a licence that has none, what it calls itself. */
function licenceOf(card: unknown): string | undefined {
  const { license, license_name: own } = (card ?? {}) as Record<string, unknown>
  const named = license === "other" && typeof own === "string" ? own : license
  const words = (Array.isArray(named) ? named : [named]).filter(word => typeof word === "string")
  return words.length === 0 ? undefined : words.join(", ").slice(0, 100)
}
