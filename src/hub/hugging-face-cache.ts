import { createHash } from "node:crypto"
import { constants, createReadStream } from "node:fs"
import { copyFile, link, readdir, readFile, realpath, rm, stat } from "node:fs/promises"
import { homedir } from "node:os"
import { basename, join } from "node:path"
import { pipeline } from "node:stream/promises"
import { outputFailed } from "../files/output-failed.ts"
import { commitPattern, type HubFile } from "../store/cache.ts"
import { type HubName, legacyIds } from "../store/hub-name.ts"
import { onnxFolder } from "../store/ready-graph.ts"
import { checksumProblem } from "./checksum.ts"
import type { Commit } from "./list-commit.ts"

/*
 * What Hugging Face's own libraries have downloaded is in a cache of theirs, which is read and never written to:
 *
 * models--OWNER--NAME/refs/REVISION           the commit that a branch or tag is
 * models--OWNER--NAME/snapshots/COMMIT/FILE   a link to the file's content
 * models--OWNER--NAME/blobs/CHECKSUM          the content: SHA-256 of a large file, git's checksum of a small one
 */

/** The folder that Hugging Face's libraries keep models in. */
export function huggingFaceCache(env: NodeJS.ProcessEnv = process.env): string {
  const shared = env["XDG_CACHE_HOME"] || join(homedir(), ".cache")
  const home = env["HF_HOME"] || join(shared, "huggingface")
  const folder = env["HF_HUB_CACHE"] || env["HUGGINGFACE_HUB_CACHE"] || join(home, "hub")
  return folder.replace(/^~(?=\/|$)/, homedir())
}

/** A model's folders there: also the one that it has under the name from before there were owners. */
function foldersOf(id: string): string[] {
  const old = Object.keys(legacyIds).filter(name => legacyIds[name] === id)
  return [id, ...old].map(name => join(huggingFaceCache(), `models--${name.replaceAll("/", "--")}`))
}

/** A commit that Hugging Face's libraries have downloaded, at least in part. */
export interface Snapshot extends Commit {
  readonly folder: string
}

/** The commit that a revision was when it was downloaded last; `undefined` if it was not. */
export async function findSnapshot({ id, revision }: HubName): Promise<Snapshot | undefined> {
  for (const folder of foldersOf(id)) {
    const ref = commitPattern.test(revision)
      ? revision
      : await readFile(join(folder, "refs", revision), "utf8").catch(() => "")
    const commit = ref.trim()
    const snapshot = join(folder, "snapshots", commit)
    if (!commitPattern.test(commit)) continue
    const files = await filesIn(snapshot)
    if (files.length > 0) return { commit, licence: undefined, files, folder: snapshot }
  }
  return undefined
}

/** The files of a snapshot and of its folder `onnx`, with the checksums that their links name. */
async function filesIn(snapshot: string): Promise<HubFile[]> {
  const names = await readdir(snapshot).catch(() => [])
  const more = (await readdir(join(snapshot, onnxFolder)).catch(() => [])).map(name => `${onnxFolder}/${name}`)
  const files = await Promise.all([...names, ...more].map(name => fileAt(join(snapshot, name), name)))
  return files.filter(file => file !== undefined)
}

async function fileAt(path: string, name: string): Promise<HubFile | undefined> {
  const found = await stat(path).catch(() => undefined)
  if (!found?.isFile()) return undefined
  const content = basename(await realpath(path))
  if (/^[0-9a-f]{64}$/.test(content)) return { name, bytes: found.size, sha256: content }
  if (/^[0-9a-f]{40}$/.test(content)) return { name, bytes: found.size, gitSha1: content }
  // Without links, as on Windows, a snapshot holds the files themselves.
  const hash = createHash("sha256")
  await pipeline(createReadStream(path), hash, { end: false })
  return { name, bytes: found.size, sha256: hash.digest("hex") }
}

/**
 * Puts a file of a model if it is needed, if Hugging Face's cache has it whole: as another link to the same content, or as a copy.
 *
 * @param snapshot - where it is, if that is known
 * @returns whether it is there now
 * @throws ValenceError `output_failed`
 */
export async function takeFromHuggingFace(
  id: string,
  file: HubFile,
  target: string,
  snapshot?: Snapshot,
): Promise<boolean> {
  const blobs = foldersOf(id).map(folder => join(folder, "blobs", file.sha256 ?? file.gitSha1 ?? ""))
  for (const path of [...blobs, ...(snapshot ? [join(snapshot.folder, file.name)] : [])]) {
    const found = await stat(path).catch(() => undefined)
    if (!found?.isFile() || found.size !== file.bytes) continue
    if ((await checksumProblem(path, file)) !== undefined) continue
    await linkOrCopy(await realpath(path), target)
    return true
  }
  return false
}

async function linkOrCopy(path: string, target: string): Promise<void> {
  // What is there may be a link, through which a copy would be written into what it links to.
  await rm(target, { force: true })
  await link(path, target).catch(async () => {
    await copyFile(path, target, constants.COPYFILE_FICLONE).catch(error => {
      throw outputFailed(target, error)
    })
  })
}
