import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { access, readdir } from "node:fs/promises"
import { basename, dirname, join, resolve } from "node:path"
import { pipeline } from "node:stream/promises"
import { ValenceError } from "../errors.ts"
import { fromPackageRoot } from "../files/package-root.ts"
import type { GraphDtype } from "../model/dtype.ts"
import { findTokenizer } from "../model/tokenizer/find-tokenizer.ts"
import { nearest } from "../nearest.ts"
import { cachedIdOf, findCached, graphsFolder, listCached } from "./cache.ts"
import { type HubName, legacyIds, readHubName } from "./hub-name.ts"
import { describeFolder, describeMissing, didYouMean, isFolder, isPath, suggestPath } from "./not-found-message.ts"
import { findReadyFile, findReadyGraph, isOnnxFile, readyDtype } from "./ready-graph.ts"
import { weightsFile, weightsIndexFile } from "./weight-files.ts"

/** A checkpoint folder and the graph that was asked for. */
export interface StoredModel {
  readonly name: string
  readonly folder: string
  readonly config: string
  /** The files that its tokenizer is made from. */
  readonly tokenizer: readonly string[]
  readonly graph: string
  /** Precision of the graph: as requested, or `onnx` for an export. */
  readonly dtype: string
  /** First 12 hex digits of a SHA-256 over graph, tokenizer and config. */
  readonly revision: string
}

/** The folder of the bundled models. */
export const bundledModels = fromPackageRoot("models")

/** The name of the graph file of a dtype. */
export function graphFile(dtype: string): string {
  return `model.${dtype}.onnx`
}

/** The dtypes of the graphs that were built from a checkpoint. */
export async function builtDtypes(folder: string): Promise<string[]> {
  const files = await readdir(graphsFolder(folder)).catch(() => [])
  return files.map(file => /^model\.(\w+)\.onnx$/.exec(file)?.[1]).filter(dtype => dtype !== undefined)
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )

/** The checkpoint's folder, if a folder or a bundled model has this name. */
async function findLocal(nameOrFolder: string): Promise<string | undefined> {
  for (const folder of [resolve(nameOrFolder), join(bundledModels, nameOrFolder)])
    if (await exists(join(folder, "config.json"))) return folder
  return undefined
}

/** What a name means on the hub; `undefined` if it is none of the hub's, or a folder or file has it: these go first. */
export async function hubNameOf(model: string): Promise<HubName | undefined> {
  const name = readHubName(model)
  return name === undefined || (await exists(model)) ? undefined : name
}

/** The folder of a checkpoint anywhere on this machine; `undefined` if it does not. */
export async function findInstalled(model: string): Promise<string | undefined> {
  const local = await findLocal(model)
  if (local !== undefined) return local
  const hubName = await hubNameOf(model)
  return hubName && findCached(hubName)
}

/**
 * The folder of a checkpoint.
 *
 * @param model - a folder with a config.json, the name of a bundled model, or one of the hub that was pulled
 * @throws ValenceError `model_not_found`, listing the bundled models
 */
export async function findCheckpoint(model: string): Promise<string> {
  const folder = await findInstalled(model)
  if (folder !== undefined) return folder
  throw new ValenceError("model_not_found", await whyNotFound(model, await hubNameOf(model)))
}

async function whyNotFound(model: string, hubName: HubName | undefined): Promise<string> {
  if (await isFolder(model)) return `model ${model} must hold a config.json; ${await describeFolder(model)}`
  if (await exists(model)) return `model ${model} must be a folder, or end with .onnx or .tsv; it is a file`
  if (isPath(model)) return `model ${model} must be a folder with a checkpoint; ${await describeMissing(model)}`
  if (hubName)
    return suggestPath(model, `model ${model} must be pulled first; do so with: valence models pull ${model}`)
  const there = await listBundledModels()
  const meant = didYouMean(await nearestModel(model))
  return `model must be a checkpoint folder, a lexicon, OWNER/NAME on the hub or one of ${there.join(", ")}; got ${JSON.stringify(model)}${meant}`
}

/** The model that a name was meant to be, perhaps: one that comes with the package, was pulled, or had the name in former times. */
export async function nearestModel(model: string): Promise<string | undefined> {
  const lexicons = (await readdir(fromPackageRoot("lexicons"))).filter(file => file.endsWith(".tsv"))
  const cached = await listCached().catch(() => [])
  const whole = [...cached.map(({ id }) => id), ...Object.values(legacyIds)]
  const short = [
    ...(await listBundledModels()),
    ...lexicons.map(file => basename(file, ".tsv")),
    ...Object.keys(legacyIds),
  ]
  // A name without its owner.
  const alone = whole.find(id => id.split("/")[1] === model)
  return alone ?? nearest(model.includes("/") ? whole : [...short, ...whole], model)
}

/** The names of the models that come with the package. */
export async function listBundledModels(): Promise<string[]> {
  const entries = await readdir(bundledModels, { withFileTypes: true })
  return entries
    .filter(entry => entry.isDirectory())
    .map(entry => entry.name)
    .sort()
}

/** Whether a checkpoint's folder has the graph that is asked for: one that was built, or without weights an exported one. */
export async function hasGraph(folder: string, dtype: GraphDtype, asked: GraphDtype | "auto"): Promise<boolean> {
  if (await exists(join(graphsFolder(folder), graphFile(dtype)))) return true
  if (await hasWeights(folder)) return false
  return (await findReadyGraph(folder, asked).catch(() => undefined)) !== undefined
}

/**
 * A checkpoint's files and its graph: the one that was built from it, or one that someone else exported, if an ONNX
 * file is named, or is in a folder that has no weights to build from.
 *
 * @param asked - the precision that an exported graph must have: `auto` if the caller did not ask for any
 * @throws ValenceError `model_not_found`, with the command that builds a graph that is missing
 */
export async function findModel(
  model: string,
  dtype: GraphDtype,
  asked: GraphDtype | "auto" = dtype,
): Promise<StoredModel> {
  if (isOnnxFile(model)) return storedModel({ ...(await findReadyFile(model, asked)), dtype: readyDtype })
  const folder = await findCheckpoint(model)
  const built = join(graphsFolder(folder), graphFile(dtype))
  if (await exists(built)) return storedModel({ folder, graph: built, dtype })
  const isWhole = await hasWeights(folder)
  const ready = isWhole
    ? await findReadyGraph(folder, "auto").catch(() => undefined)
    : await findReadyGraph(folder, asked)
  if (ready !== undefined && !isWhole) return storedModel({ folder, graph: ready, dtype: readyDtype })
  const dtypes = (await builtDtypes(folder)).map(other => `--dtype ${other}`)
  const there = ready === undefined ? dtypes : [`--model ${ready}`]
  const others = there.length === 0 ? "" : ` (take what is there by ${there.join(" or ")})`
  throw new ValenceError(
    "model_not_found",
    isWhole
      ? `model ${model} has no ${dtype} graph${others}; build it with: valence models build ${model} --dtype ${dtype}`
      : `model ${model} has no ${dtype} graph${others}, and no ${weightsFile} to build it from${isBundled(folder) ? ": that is in Valence's repository, not in its package" : ""}`,
  )
}

function isBundled(folder: string): boolean {
  return dirname(folder) === bundledModels
}

/** Whether a checkpoint's folder holds weights that a graph can be built from. */
export async function hasWeights(folder: string): Promise<boolean> {
  return (await readdir(folder)).some(name => name === weightsFile || name === weightsIndexFile)
}

async function storedModel({
  folder,
  graph,
  dtype,
}: {
  readonly folder: string
  readonly graph: string
  readonly dtype: string
}): Promise<StoredModel> {
  const config = join(folder, "config.json")
  const { kind, needed, settings } = await findTokenizer(folder)
  // Settings change the ids of what is made from a vocabulary, and nothing of a tokenizer.json.
  const tokenizer = (kind === "whole" ? needed : [...needed, ...settings]).map(file => join(folder, file))
  const name = cachedIdOf(folder) ?? basename(folder)
  return {
    name,
    folder,
    config,
    tokenizer,
    graph,
    dtype,
    revision: await digest([...(await graphFiles(graph)), ...tokenizer, config]),
  }
}

/** A graph's file, and the one next to it if it is too large to be in one. */
async function graphFiles(graph: string): Promise<string[]> {
  const data = `${graph}_data`
  return (await exists(data)) ? [graph, data] : [graph]
}

async function digest(files: readonly string[]): Promise<string> {
  const hash = createHash("sha256")
  for (const file of files) await pipeline(createReadStream(file), hash, { end: false })
  return hash.digest("hex").slice(0, 12)
}
