import { readdir, stat } from "node:fs/promises"
import { basename, dirname, join, resolve } from "node:path"
import { ValenceError } from "../errors.ts"

/** What `ModelInfo.dtype` is where somebody else made the graph, in whatever precision. */
export const readyDtype = "onnx"

/** A graph that somebody else exported, such as Optimum, and the folder with its config.json and tokenizer.json. */
export interface ReadyGraph {
  readonly folder: string
  readonly graph: string
}

/** Whether a model's name means an ONNX file. */
export function isOnnxFile(model: string): boolean {
  return /\.onnx$/i.test(model)
}

/**
 * The graph that a path names, and the checkpoint beside it: in its folder, or, as Optimum lays them out, in the one above.
 *
 * @throws ValenceError `model_not_found`
 */
export async function findReadyFile(path: string): Promise<ReadyGraph> {
  const graph = resolve(path)
  if (!(await isFile(graph))) throw new ValenceError("model_not_found", `model ${path} must be a file; it is not`)
  const beside = dirname(graph)
  for (const folder of [beside, dirname(beside)])
    if (await isFile(join(folder, "config.json"))) return { folder, graph }
  throw new ValenceError(
    "model_not_found",
    `model ${path} must have a config.json beside it or one folder up; it has none`,
  )
}

/**
 * The graph in a checkpoint's folder that somebody else exported: model.onnx there or in `onnx`, or the only one that
 * has another name.
 *
 * @throws ValenceError `model_not_found` where there are several, none of them model.onnx
 */
export async function findReadyGraph(folder: string): Promise<string | undefined> {
  const found = (await Promise.all([folder, join(folder, "onnx")].map(exportsIn))).flat()
  const plain = found.find(path => basename(path) === "model.onnx")
  if (plain !== undefined || found.length < 2) return plain ?? found[0]
  throw new ValenceError(
    "model_not_found",
    `model ${folder} must have one ONNX graph, or name one of those that it has: ${found.join(", ")}`,
  )
}

/** The ONNX files in a folder but for those that Valence built. */
async function exportsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  return names
    .filter(name => isOnnxFile(name) && !/^model\.\w+\.onnx$/.test(name))
    .sort()
    .map(name => join(folder, name))
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false
}
