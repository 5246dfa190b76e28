import { HubApiError, listFiles, modelInfo } from "@huggingface/hub"
import { ValenceError } from "../errors.ts"
import { commitPattern, type HubFile } from "../model/cache.ts"
import { type HubName, showHubName } from "../model/hub-name.ts"
import { type Asked, hubFailed, refusalOf } from "./hub-error.ts"
import type { Hub } from "./open-hub.ts"

/** What the hub says of a revision. */
export interface Commit {
  readonly commit: string
  readonly licence: string | undefined
  /** Those in the repository's root. */
  readonly files: readonly HubFile[]
}

/** What a model is called in errors. */
export function askedOf(name: HubName, { endpoint, hasToken }: Hub): Asked {
  return { what: `model ${showHubName(name)}`, endpoint, hasToken }
}

/**
 * Asks the hub which commit a revision is, and which files it has; again where it fails.
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
    if (!commitPattern.test(sha)) throw new Error(`its commit must be 40 hex digits; got ${JSON.stringify(sha)}`)
    const files: HubFile[] = []
    for await (const entry of listFiles({ repo: name.id, revision: sha, hubUrl, fetch }))
      if (entry.type === "file") files.push(readEntry(entry))
    return { commit: sha, licence: licenceOf(cardData), files }
  } catch (error) {
    if (error instanceof HubApiError) throw refusalOf(error.statusCode, error.message, asked)
    throw hubFailed(error, asked)
  }
}

function readEntry({
  path,
  size,
  oid,
  lfs,
}: {
  path: string
  size: number
  oid?: string
  lfs?: { oid: string; size: number }
}): HubFile {
  if (lfs) return { name: path, bytes: lfs.size, sha256: lfs.oid }
  if (oid === undefined) throw new ValenceError("hub_failed", `the hub must give a checksum of ${path}; it gives none`)
  return { name: path, bytes: size, gitSha1: oid }
}

/** What the model card names: a word, or several; of a licence that has none, what it calls itself. */
function licenceOf(card: unknown): string | undefined {
  const { license, license_name: own } = (card ?? {}) as Record<string, unknown>
  const named = license === "other" && typeof own === "string" ? own : license
  const words = (Array.isArray(named) ? named : [named]).filter(word => typeof word === "string")
  return words.length === 0 ? undefined : words.join(", ").slice(0, 100)
}
