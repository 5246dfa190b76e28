import { readFile, rename } from "node:fs/promises"
import { dirname, join } from "node:path"
import { ValenceError } from "../errors.ts"
import { makeFolder } from "../make-folder.ts"
import {
  commitPattern,
  findCached,
  type HubFile,
  type HubRecord,
  hubRecordFile,
  refFile,
  repositoryFolder,
} from "../model/cache.ts"
import { readConfig } from "../model/config.ts"
import type { HubName } from "../model/hub-name.ts"
import { readWeightsIndex, weightsIndexFile } from "../model/weight-files.ts"
import { outputFailed } from "../output-failed.ts"
import { replaceFile, syncFolder } from "../replace-file.ts"
import { sum } from "../sum.ts"
import { chooseFiles, chooseShards } from "./choose-files.ts"
import { downloadFile } from "./download-file.ts"
import { askedOf, type Commit, listCommit } from "./list-commit.ts"
import type { Hub } from "./open-hub.ts"

/** How far a download is. */
export interface DownloadProgress {
  /** The file that is downloaded now. */
  readonly file: string
  /** Of all files of the model, those of an earlier try among them. */
  readonly bytes: number
  readonly totalBytes: number
}

/**
 * Brings the cache to what the hub has: the revision's commit is asked for, and its files are pulled unless they are
 * there. The caller holds the repository's lock.
 *
 * @returns the checkpoint's folder
 * @throws ValenceError `model_not_found`, `model_invalid`, `hub_denied`, `hub_failed`, `output_failed`
 */
export async function pullCheckpoint(
  name: HubName,
  hub: Hub,
  onProgress: (progress: DownloadProgress) => void,
): Promise<string> {
  const commit = await listCommit(name, hub)
  const cached = await findCached({ id: name.id, revision: commit.commit })
  const folder = cached ?? (await pullCommit(name, commit, hub, onProgress))
  if (!commitPattern.test(name.revision)) await writeRef(refFile(name), commit.commit)
  return folder
}

/** Whole or not at all: a folder gets its name when everything in it is there and checked. */
async function pullCommit(
  name: HubName,
  { commit, licence, files }: Commit,
  hub: Hub,
  onProgress: (progress: DownloadProgress) => void,
): Promise<string> {
  const asked = askedOf(name, hub)
  const folder = join(repositoryFolder(name.id), commit)
  const partial = `${folder}.partial`
  await makeCacheFolder(partial)
  const pull = async (chosen: readonly HubFile[], tell: typeof onProgress) => {
    const totalBytes = sum(chosen.map(file => file.bytes))
    let before = 0
    for (const file of chosen) {
      const url = `${hub.endpoint}/${name.id}/resolve/${commit}/${file.name}`
      const onBytes = (bytes: number) => tell({ file: file.name, bytes: before + bytes, totalBytes })
      await downloadFile({ ...asked, hub, url, file, folder: partial, onBytes })
      before += file.bytes
    }
  }
  const { config, tokenizer, weights } = chooseFiles(files, asked.what)
  const isSharded = weights.name === weightsIndexFile
  const told = isSharded ? [config, weights] : [config]
  await pull(told, () => {})
  // Before the weights come, which may be gigabytes.
  readConfig(await readFile(join(partial, config.name), "utf8"), `${asked.what}: ${config.name}`)
  const index = join(partial, weightsIndexFile)
  const shards = isSharded
    ? chooseShards(new Set(readWeightsIndex(await readFile(index, "utf8"), index).values()), files, asked.what)
    : [weights]
  const all = [...told, ...tokenizer, ...shards]
  await pull(all, onProgress)
  const record: HubRecord = { id: name.id, commit, ...(licence && { licence }), files: all }
  await replaceFile(join(partial, hubRecordFile), `${JSON.stringify(record, null, 2)}\n`)
  await rename(partial, folder).catch(error => {
    throw outputFailed(folder, error)
  })
  await syncFolder(dirname(folder))
  return folder
}

async function writeRef(file: string, commit: string): Promise<void> {
  await makeCacheFolder(dirname(file))
  await replaceFile(file, commit)
}

/**
 * Makes a folder in the cache.
 *
 * @throws ValenceError `output_failed`, with the way to another cache
 */
export async function makeCacheFolder(folder: string): Promise<void> {
  await makeFolder(folder).catch((cause: Error) => {
    const message = `models must be kept where folders can be made; ${folder} cannot: ${cause.message}; VALENCE_CACHE names another cache`
    throw new ValenceError("output_failed", message, { cause })
  })
}
