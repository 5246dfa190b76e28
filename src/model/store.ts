import { createHash } from "node:crypto"
import { access, readdir, readFile, stat } from "node:fs/promises"
import { basename, join, resolve } from "node:path"
import { ValenceError } from "../errors.ts"
import { fromPackageRoot } from "../package-root.ts"

/** A checkpoint folder and the graph in it that was asked for. */
export interface StoredModel {
  readonly name: string
  readonly folder: string
  readonly config: string
  readonly tokenizer: string
  readonly graph: string
  /** First 12 hex digits of a SHA-256 over graph, tokenizer and config. */
  readonly revision: string
}

/** Where the models lie that come with the package. */
export const bundledModels = fromPackageRoot("models")

/** The name of the graph file of a dtype, beside the checkpoint. */
export function graphFile(dtype: string): string {
  return `model.${dtype}.onnx`
}

/** The dtypes of the graphs that lie in a checkpoint's folder. */
export async function builtDtypes(folder: string): Promise<string[]> {
  const files = await readdir(folder)
  return files.map(file => /^model\.(\w+)\.onnx$/.exec(file)?.[1]).filter(dtype => dtype !== undefined)
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )

/**
 * The folder of a checkpoint.
 *
 * @param nameOrFolder - a folder with a config.json, or the name of a bundled model
 * @throws ValenceError `model_not_found`, listing the bundled models
 */
export async function findCheckpoint(nameOrFolder: string): Promise<string> {
  for (const folder of [resolve(nameOrFolder), join(bundledModels, nameOrFolder)])
    if (await exists(join(folder, "config.json"))) return folder
  const there = await listBundledModels()
  const lying = (await stat(nameOrFolder).catch(() => undefined))?.isDirectory()
  throw new ValenceError(
    "model_not_found",
    lying
      ? `model ${nameOrFolder} must hold a config.json; it does not`
      : `model must be a checkpoint folder, a lexicon or one of ${there.join(", ")}; got ${JSON.stringify(nameOrFolder)}`,
  )
}

/** The names of the models that come with the package. */
export async function listBundledModels(): Promise<string[]> {
  const entries = await readdir(bundledModels, { withFileTypes: true })
  return entries.filter(entry => entry.isDirectory()).map(entry => entry.name)
}

/**
 * A checkpoint's files and the graph built from it.
 *
 * @throws ValenceError `model_not_found`, with the command that builds a graph that is missing
 */
export async function findModel(nameOrFolder: string, dtype: string): Promise<StoredModel> {
  const folder = await findCheckpoint(nameOrFolder)
  const graph = join(folder, graphFile(dtype))
  if (!(await exists(graph)))
    throw new ValenceError(
      "model_not_found",
      `model ${nameOrFolder} has no ${dtype} graph; build it with: valence models build ${nameOrFolder} --dtype ${dtype}`,
    )
  const config = join(folder, "config.json")
  const tokenizer = join(folder, "tokenizer.json")
  if (!(await exists(tokenizer)))
    throw new ValenceError("model_not_found", `model ${nameOrFolder} must hold a tokenizer.json; it does not`)
  return {
    name: basename(folder),
    folder,
    config,
    tokenizer,
    graph,
    revision: await digest([graph, tokenizer, config]),
  }
}

async function digest(files: readonly string[]): Promise<string> {
  const hash = createHash("sha256")
  for (const file of files) hash.update(await readFile(file))
  return hash.digest("hex").slice(0, 12)
}
