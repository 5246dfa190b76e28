import { readdir, stat } from "node:fs/promises"
import { basename, dirname, join, relative, resolve } from "node:path"
import { ValenceError } from "../errors.ts"
import type { GraphDtype } from "../model/dtype.ts"

/** `ModelInfo.dtype` of a graph that was exported elsewhere, in any precision. */
export const readyDtype = "onnx"

/** The folder that Optimum and transformers.js keep graphs in. */
export const onnxFolder = "onnx"

/** A graph that someone else exported, such as Optimum, and the folder with its config.json and tokenizer. */
export interface ReadyGraph {
  readonly folder: string
  readonly graph: string
}

/** The names that Optimum, transformers.js and Valence give to graphs of a precision, the first that is there counts. */
const namesOf: Readonly<Record<GraphDtype, readonly string[]>> = {
  fp32: ["model.onnx", "model.fp32.onnx"],
  fp16: ["model_fp16.onnx", "model.fp16.onnx"],
  int8: ["model_int8.onnx", "model_quantized.onnx", "model.int8.onnx"],
}

/** Whether a model's name means an ONNX file. */
export function isOnnxFile(model: string): boolean {
  return /\.onnx$/i.test(model)
}

/** The precision that an ONNX file's name says it has. */
export function precisionOf(file: string): GraphDtype | undefined {
  const dtypes = Object.keys(namesOf) as GraphDtype[]
  return dtypes.find(dtype => namesOf[dtype].includes(basename(file)))
}

/**
 * The graph of a precision among several; `auto` is model.onnx, or the only one that has another name.
 *
 * @param what - the model, for errors
 * @param files - ONNX files, as paths or as names in a repository
 * @throws ValenceError `model_not_found`, with the files and their precisions
 */
export function chooseReadyGraph(what: string, files: readonly string[], dtype: GraphDtype | "auto"): string {
  const names = namesOf[dtype === "auto" ? "fp32" : dtype]
  const found = names.map(name => files.find(file => basename(file) === name)).find(file => file !== undefined)
  const [only] = files
  if (found !== undefined) return found
  if (dtype === "auto" && files.length === 1 && only !== undefined) return only
  const there = files.map(file => [file, precisionOf(file)] as const)
  const listed = there.map(([file, precision]) => (precision ? `${file} (--dtype ${precision})` : file)).join(", ")
  throw new ValenceError(
    "model_not_found",
    dtype === "auto"
      ? `model ${what} must have one ONNX graph, or name one of those that it has: ${listed}`
      : `model ${what} has no ${dtype} ONNX graph; it has ${listed}`,
  )
}

/**
 * The graph that a path names, and the checkpoint next to it: in its folder, or, as Optimum lays them out, in the one above.
 *
 * @throws ValenceError `model_not_found`; `option_invalid` if a precision is asked for that the file's name does not have
 */
export async function findReadyFile(path: string, dtype: GraphDtype | "auto"): Promise<ReadyGraph> {
  const graph = resolve(path)
  if (!(await isFile(graph))) throw new ValenceError("model_not_found", `model ${path} must be a file; it is not`)
  if (dtype !== "auto" && precisionOf(graph) !== dtype)
    throw new ValenceError(
      "option_invalid",
      `--dtype must be auto for ${path}, which has the precision that it was exported in${saidBy(graph)}; got "${dtype}"`,
    )
  const beside = dirname(graph)
  for (const folder of [beside, dirname(beside)])
    if (await isFile(join(folder, "config.json"))) return { folder, graph }
  throw new ValenceError("model_not_found", `model ${path} needs a config.json next to it or one folder up`)
}

function saidBy(graph: string): string {
  const precision = precisionOf(graph)
  return precision === undefined ? "" : `, or ${precision}`
}

/**
 * The graph in a checkpoint's folder that someone else exported, there or in `onnx`; `undefined` if none exists.
 *
 * @throws ValenceError `model_not_found` as `chooseReadyGraph`
 */
export async function findReadyGraph(folder: string, dtype: GraphDtype | "auto"): Promise<string | undefined> {
  const found = (await Promise.all([folder, join(folder, onnxFolder)].map(exportsIn))).flat()
  if (found.length === 0) return undefined
  const shown = found.map(path => relative(folder, path))
  return join(folder, chooseReadyGraph(folder, shown, dtype))
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
