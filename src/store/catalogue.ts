import { readdir, stat } from "node:fs/promises"
import { join } from "node:path"
import { ConfigFields } from "../model/config-fields.ts"
import { readModelText } from "../model/read-file.ts"
import { readTask } from "../model/read-task.ts"
import { sum } from "../sum.ts"
import { type CachedModel, graphsFolder, listCached } from "./cache.ts"
import { findReadyGraph, readyDtype } from "./ready-graph.ts"
import { builtDtypes, bundledModels, findCheckpoint, graphFile, listBundledModels } from "./store.ts"

/** What can be said of a checkpoint without loading it. */
export interface ModelSummary {
  readonly name: string
  /** Comes with the package, was pulled from the hub, or is a folder of someone's own. */
  readonly kind: "bundled" | "cached" | "folder"
  /** Such as `distilbert`. */
  readonly family: string
  readonly labels: readonly string[]
  readonly problemType: string
  /** Tokens that a text may have. */
  readonly maxLength: number
  /** Precisions of the existing graphs. */
  readonly dtypes: readonly string[]
  readonly bytes: number
  readonly folder: string
  /** On the hub. */
  readonly commit?: string
  /** Branches and tags that mean this commit. */
  readonly revisions?: readonly string[]
  /** As the model card names it. */
  readonly licence?: string
}

/** The checkpoints that come with the package, then those that were pulled. */
export async function listModels(): Promise<ModelSummary[]> {
  const bundled = (await listBundledModels()).map(name => summaryOf(join(bundledModels, name), name, "bundled"))
  const cached = (await listCached()).map(summaryOfCached)
  return Promise.all([...bundled, ...cached])
}

/**
 * What can be said of one checkpoint.
 *
 * @param model - a folder, the name of a bundled model, or one of the hub that was pulled
 * @throws ValenceError `model_not_found`, `model_invalid`
 */
export async function describeModel(model: string): Promise<ModelSummary> {
  const folder = await findCheckpoint(model)
  const cached = (await listCached()).find(other => other.folder === folder)
  if (cached) return summaryOfCached(cached)
  const bundled = (await listBundledModels()).find(name => join(bundledModels, name) === folder)
  return summaryOf(folder, bundled ?? model, bundled === undefined ? "folder" : "bundled")
}

async function summaryOfCached({ id, folder, commit, revisions, licence }: CachedModel): Promise<ModelSummary> {
  return { ...(await summaryOf(folder, id, "cached")), commit, revisions, ...(licence && { licence }) }
}

async function summaryOf(folder: string, name: string, kind: ModelSummary["kind"]): Promise<ModelSummary> {
  const file = join(folder, "config.json")
  const ready = await findReadyGraph(folder, "auto").catch(() => undefined)
  const built = await builtDtypes(folder)
  const [first] = built.map(dtype => join(graphsFolder(folder), graphFile(dtype)))
  const { labels, problemType, maxLength } = await readTask(folder, first ?? ready)
  const dtypes = [...built, ...(ready === undefined ? [] : [readyDtype])]
  const family = new ConfigFields(await readModelText(file), file).value("model_type")
  return {
    name,
    kind,
    family: String(family),
    labels,
    problemType,
    maxLength,
    dtypes,
    bytes: await bytesIn(folder),
    folder,
  }
}

/** What a folder and those in it take on the disk. */
async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true })
  const files = entries.filter(entry => entry.isFile())
  const sizes = await Promise.all(files.map(async entry => (await stat(join(entry.parentPath, entry.name))).size))
  return sum(sizes)
}
