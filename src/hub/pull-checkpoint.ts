import { readFile, rename, rm, rmdir } from "node:fs/promises"
import { dirname, join, sep } from "node:path"
import { ValenceError } from "../errors.ts"
import { makeFolder } from "../files/make-folder.ts"
import { outputFailed } from "../files/output-failed.ts"
import { replaceFile, syncFolder } from "../files/replace-file.ts"
import { readCheckpoint } from "../graph/weights/checkpoint.ts"
import { readConfig } from "../model/config.ts"
import { ConfigFields } from "../model/config-fields.ts"
import type { GraphDtype } from "../model/dtype.ts"
import { readTask } from "../model/read-task.ts"
import { tokenizerConfigFile } from "../model/tokenizer/find-tokenizer.ts"
import { loadTokenizer } from "../model/tokenizer/tokenizer.ts"
import {
  commitPattern,
  findCached,
  type HubFile,
  type HubRecord,
  hubRecordFile,
  refFile,
  repositoryFolder,
} from "../store/cache.ts"
import type { HubName } from "../store/hub-name.ts"
import { onnxFolder } from "../store/ready-graph.ts"
import { readWeightsIndex, weightsIndexFile } from "../store/weight-files.ts"
import { sum } from "../sum.ts"
import {
  CommitFiles,
  chooseOnnx,
  chooseShards,
  chooseTokenizer,
  chooseWeights,
  noWeights,
  onnxNames,
} from "./choose-files.ts"
import type { Commit } from "./list-commit.ts"

/** How far a download is. */
export interface DownloadProgress {
  /** The file that is downloaded now. */
  readonly file: string
  /** Bytes of all files of the model, including those of an earlier try. */
  readonly bytes: number
  readonly totalBytes: number
}

/** Where the files of a commit come from: the hub, or Hugging Face's own cache. */
export interface Source {
  /** What the model is called in errors, such as `model OWNER/NAME`. */
  readonly what: string
  /** Whether what came of a commit is kept for the next try. */
  readonly keepsParts: boolean
  /** Puts a file, whole and checked, into a folder. */
  bring(file: HubFile, commit: string, folder: string, onBytes: (bytes: number) => void): Promise<void>
}

/** Called with the progress of a pull. */
export type OnDownload = (progress: DownloadProgress) => void

/**
 * Brings a commit into the cache, unless it is there, and lets the revision mean it. The caller holds the repository's lock.
 *
 * @param onnx - the precision of the graph that is pulled if the commit has ONNX files and no weights to build from
 * @returns the checkpoint's folder
 * @throws ValenceError `model_not_found`, `model_invalid`, `hub_denied`, `hub_failed`, `output_failed`
 */
export async function pullCheckpoint(
  name: HubName,
  commit: Commit,
  source: Source,
  onnx: GraphDtype | "auto",
  onProgress: OnDownload,
): Promise<string> {
  const cached = await findCached({ id: name.id, revision: commit.commit })
  const folder = cached ?? (await pullCommit(name, commit, source, onnx, onProgress))
  if (!commitPattern.test(name.revision)) await writeRef(refFile(name), commit.commit)
  return folder
}

/** Whole or not at all: a folder gets its name when everything in it is there and checked, and can be used. */
async function pullCommit(
  { id }: HubName,
  { commit, licence, files }: Commit,
  source: Source,
  onnx: GraphDtype | "auto",
  onProgress: OnDownload,
): Promise<string> {
  const folder = join(repositoryFolder(id), commit)
  // What comes at once has another folder, so that it leaves an interrupted download alone.
  const partial = `${folder}.${source.keepsParts ? "partial" : "copying"}`
  if (!source.keepsParts) await rm(partial, { recursive: true, force: true })
  await makeCacheFolder(partial)
  try {
    const all = await bringFiles(id, commit, new CommitFiles(files, source.what), source, onnx, partial, onProgress)
    const record: HubRecord = { id, commit, ...(licence && { licence }), files: all }
    await writeRecord(partial, record)
  } catch (error) {
    await clean(partial, source.keepsParts, error)
    throw error
  }
  await rename(partial, folder).catch(error => {
    throw outputFailed(folder, error)
  })
  await syncFolder(dirname(folder))
  return folder
}

async function bringFiles(
  id: string,
  commit: string,
  files: CommitFiles,
  source: Source,
  onnx: GraphDtype | "auto",
  partial: string,
  onProgress: OnDownload,
): Promise<HubFile[]> {
  const weights = chooseWeights(files)
  if (weights === undefined && onnxNames(files).length === 0) throw noWeights(files, id, source.what)
  const pull = (chosen: readonly HubFile[], tell: OnDownload) => bringAll(chosen, commit, source, partial, tell)
  const settings = files.optional(tokenizerConfigFile)
  const told = [files.text("config.json"), ...(settings ? [files.text(tokenizerConfigFile)] : [])]
  // Before the weights come, which may be gigabytes.
  await pull(told, () => {})
  const fieldsOf = async (name: string) =>
    new ConfigFields(await readFile(join(partial, name), "utf8"), `${source.what}: ${name}`)
  const config = await fieldsOf("config.json")
  const tokenizer = chooseTokenizer(files, id, config, settings && (await fieldsOf(tokenizerConfigFile)))
  const refusal = weights && (await refusalOf(partial, source.what))
  const graph = weights && refusal === undefined ? [] : chooseOnnx(files, id, onnx)
  if (graph.length === 0 && refusal !== undefined) throw refusal
  const chosen =
    graph.length > 0 || weights === undefined ? graph : await chooseParts(weights, files, source, partial, pull)
  const all = unique([files.text("config.json"), ...tokenizer, ...chosen])
  await pull(all, onProgress)
  await requireUsable(partial, graph[0], source.what)
  return all
}

/** The weights' file, or the index and the files that it names. */
async function chooseParts(
  weights: HubFile,
  files: CommitFiles,
  { what }: Source,
  partial: string,
  pull: (chosen: readonly HubFile[], tell: OnDownload) => Promise<void>,
): Promise<HubFile[]> {
  if (weights.name !== weightsIndexFile) return [weights]
  await pull([files.text(weightsIndexFile)], () => {})
  const index = readWeightsIndex(
    await readFile(join(partial, weightsIndexFile), "utf8"),
    `${what}: ${weightsIndexFile}`,
  )
  return [weights, ...chooseShards(new Set(index.values()), files, what)]
}

/** Why a graph cannot be built from what a config describes; `undefined` if it can. */
async function refusalOf(partial: string, what: string): Promise<unknown> {
  try {
    readConfig(await readFile(join(partial, "config.json"), "utf8"), `${what}: config.json`)
    return undefined
  } catch (error) {
    return error
  }
}

/** What cannot be used is refused as a whole, before it has a name in the cache. */
async function requireUsable(partial: string, graph: HubFile | undefined, what: string): Promise<void> {
  try {
    if (graph === undefined) return void (await readCheckpoint(partial))
    await readTask(partial, join(partial, graph.name))
    await loadTokenizer(partial)
  } catch (error) {
    if (!(error instanceof ValenceError)) throw error
    // The folder is about to be gone.
    const message = error.message.replaceAll(`${partial}${sep}`, `${what}: `).replaceAll(`model ${partial}`, what)
    throw new ValenceError(error.code, message, { cause: error })
  }
}

async function bringAll(
  files: readonly HubFile[],
  commit: string,
  source: Source,
  folder: string,
  onProgress: OnDownload,
): Promise<void> {
  const totalBytes = sum(files.map(file => file.bytes))
  let before = 0
  for (const file of files) {
    if (file.name.startsWith(`${onnxFolder}/`)) await makeCacheFolder(join(folder, onnxFolder))
    await source.bring(file, commit, folder, bytes =>
      onProgress({ file: file.name, bytes: before + bytes, totalBytes }),
    )
    before += file.bytes
  }
}

/**
 * Brings the ONNX graph of a precision into a cached commit that has others.
 *
 * @throws ValenceError as `pullCheckpoint`
 */
export async function addOnnxGraph(
  { id }: HubName,
  { commit, files }: Commit,
  source: Source,
  onnx: GraphDtype | "auto",
  folder: string,
  onProgress: OnDownload,
): Promise<void> {
  const chosen = chooseOnnx(new CommitFiles(files, source.what), id, onnx)
  await bringAll(chosen, commit, source, folder, onProgress)
  const record = JSON.parse(await readFile(join(folder, hubRecordFile), "utf8")) as HubRecord
  await writeRecord(folder, { ...record, files: unique([...record.files, ...chosen]) })
}

function unique(files: readonly HubFile[]): HubFile[] {
  return [...new Map(files.map(file => [file.name, file])).values()]
}

async function writeRecord(folder: string, record: HubRecord): Promise<void> {
  await replaceFile(join(folder, hubRecordFile), `${JSON.stringify(record, null, 2)}\n`)
}

/** A refused commit leaves nothing; an interrupted pull leaves what came, and the next one continues after it. */
async function clean(partial: string, keepsParts: boolean, error: unknown): Promise<void> {
  const isRefused =
    !keepsParts || (error instanceof ValenceError && ["model_invalid", "model_not_found"].includes(error.code))
  if (isRefused) await rm(partial, { recursive: true, force: true }).catch(() => {})
  else for (const folder of [join(partial, onnxFolder), partial]) await rmdir(folder).catch(() => {})
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
