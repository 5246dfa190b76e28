import { access, readdir, readFile } from "node:fs/promises"
import { homedir } from "node:os"
import { join, relative, resolve, sep } from "node:path"
import { builderVersion } from "./builder-version.ts"
import type { HubName } from "./hub-name.ts"

/*
 * What was pulled from the hub is in the user's cache:
 *
 * models/OWNER/NAME/COMMIT/             a checkpoint: whole and checked, or not there
 * models/OWNER/NAME/COMMIT/hub.json     where it came from, and the checksum of each file
 * models/OWNER/NAME/COMMIT/builder-N/   the graphs that this version of the builder made of it
 * models/OWNER/NAME/COMMIT.partial/     a download under way, or one that was interrupted
 * models/OWNER/NAME/refs/REVISION       the commit that a branch or tag was when it was pulled last
 * models/OWNER/NAME/lock                held while any of these is written
 */

/** A file of a repository; one of the checksums is there. */
export interface HubFile {
  readonly name: string
  readonly bytes: number
  /** Checksum of large files. */
  readonly sha256?: string
  /** Checksum of small files, as git hashes a blob. */
  readonly gitSha1?: string
}

/** What `hub.json` says of a cached checkpoint. */
export interface HubRecord {
  readonly id: string
  readonly commit: string
  /** As the model card names it. */
  readonly licence?: string
  readonly files: readonly HubFile[]
}

/** A checkpoint in the cache. */
export interface CachedModel extends HubRecord {
  readonly folder: string
  /** Branches and tags that mean this commit. */
  readonly revisions: readonly string[]
}

/** The file next to a cached checkpoint that says where it came from. */
export const hubRecordFile = "hub.json"

/** What a commit is called: 40 hex digits. */
export const commitPattern = /^[0-9a-f]{40}$/

/** Where models from the hub are kept: VALENCE_CACHE, or `valence` in XDG_CACHE_HOME or ~/.cache. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const { VALENCE_CACHE: own, XDG_CACHE_HOME: shared } = env
  return resolve(own || join(shared || join(homedir(), ".cache"), "valence"))
}

const modelsFolder = () => join(cacheFolder(), "models")

/** Where all commits of a model of the hub are kept. */
export function repositoryFolder(id: string): string {
  return join(modelsFolder(), ...id.split("/"))
}

/** The file that says which commit a branch or tag was. */
export function refFile({ id, revision }: HubName): string {
  return join(repositoryFolder(id), "refs", encodeURIComponent(revision))
}

/** The hub id of a cached checkpoint folder, `OWNER/NAME`; `undefined` if it is outside the cache. */
export function cachedIdOf(checkpoint: string): string | undefined {
  const [owner, name, commit, ...more] = relative(modelsFolder(), resolve(checkpoint)).split(sep)
  return commit !== undefined && commitPattern.test(commit) && more.length === 0 ? `${owner}/${name}` : undefined
}

/** The folder of a checkpoint's graphs: next to it, or in the cache in a folder for each version of the builder. */
export function graphsFolder(checkpoint: string): string {
  return cachedIdOf(checkpoint) === undefined ? checkpoint : join(checkpoint, `builder-${builderVersion}`)
}

/** The folder of a cached checkpoint; `undefined` if it was never pulled. */
export async function findCached(name: HubName): Promise<string | undefined> {
  const commit = commitPattern.test(name.revision)
    ? name.revision
    : await readFile(refFile(name), "utf8").catch(() => "")
  if (!commitPattern.test(commit)) return undefined
  const folder = join(repositoryFolder(name.id), commit)
  return access(join(folder, hubRecordFile)).then(
    () => folder,
    () => undefined,
  )
}

/** What was pulled of one model of the hub. */
export async function listCommits(id: string): Promise<CachedModel[]> {
  const repository = repositoryFolder(id)
  const revisions = await Promise.all(
    (await namesIn(join(repository, "refs"))).map(async ref => ({
      revision: decodeURIComponent(ref),
      commit: await readFile(join(repository, "refs", ref), "utf8"),
    })),
  )
  const commits = (await namesIn(repository)).filter(name => commitPattern.test(name))
  return Promise.all(
    commits.map(async name => {
      const folder = join(repository, name)
      const record = JSON.parse(await readFile(join(folder, hubRecordFile), "utf8")) as HubRecord
      return {
        ...record,
        folder,
        revisions: revisions.filter(({ commit }) => commit === name).map(({ revision }) => revision),
      }
    }),
  )
}

/** Everything that was pulled, by name. */
export async function listCached(): Promise<CachedModel[]> {
  const owners = await namesIn(modelsFolder())
  const ids = await Promise.all(
    owners.map(async owner => (await namesIn(join(modelsFolder(), owner))).map(name => `${owner}/${name}`)),
  )
  return (await Promise.all(ids.flat().map(listCommits))).flat()
}

/** The contents of a folder, sorted; empty if it does not exist. */
async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).sort()
}
