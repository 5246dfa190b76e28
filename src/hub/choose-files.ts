import { shown, ValenceError } from "../errors.ts"
import type { ConfigFields } from "../model/config-fields.ts"
import type { GraphDtype } from "../model/dtype.ts"
import { safetensorsCommand } from "../model/save-command.ts"
import { chooseTokenizerFiles } from "../model/tokenizer/find-tokenizer.ts"
import type { HubFile } from "../store/cache.ts"
import { chooseReadyGraph, isOnnxFile, onnxFolder } from "../store/ready-graph.ts"
import { weightsFile, weightsIndexFile } from "../store/weight-files.ts"

/** No file of text of a model is larger. */
const MAX_TEXT_BYTES = 256_000_000

/** The files of a commit, by name. */
export class CommitFiles {
  readonly #files: readonly HubFile[]
  readonly #what: string

  /** @param what - the model, for errors, such as `model OWNER/NAME` */
  constructor(files: readonly HubFile[], what: string) {
    this.#files = files.filter(({ bytes }) => bytes > 0)
    this.#what = what
  }

  names(): string[] {
    return this.#files.map(({ name }) => name)
  }

  optional(name: string): HubFile | undefined {
    return this.#files.find(file => file.name === name)
  }

  /** @throws ValenceError `model_invalid`, with the files that there are */
  needed(name: string): HubFile {
    const file = this.optional(name)
    if (file) return file
    throw new ValenceError("model_invalid", `${this.#what} must have a ${name}; it has ${listed(this.names())}`)
  }

  /**
   * A file of text.
   *
   * @throws ValenceError `model_invalid` also if it is larger than such a file can be
   */
  text(name: string): HubFile {
    const file = this.needed(name)
    if (file.bytes <= MAX_TEXT_BYTES) return file
    throw new ValenceError(
      "model_invalid",
      `${this.#what}: ${name} must have at most ${MAX_TEXT_BYTES} bytes; it has ${file.bytes}`,
    )
  }
}

/** The files of the tokenizer, and those that say how it is set up. */
export function chooseTokenizer(
  files: CommitFiles,
  id: string,
  config: ConfigFields,
  tokenizerConfig: ConfigFields | undefined,
): HubFile[] {
  const { needed, settings } = chooseTokenizerFiles(files.names(), `model ${id}`, id, config, tokenizerConfig)
  return [...needed, ...settings].map(name => files.text(name))
}

/** The weights of a commit as safetensors: the file, or the index of several; `undefined` if it has none. */
export function chooseWeights(files: CommitFiles): HubFile | undefined {
  return files.optional(weightsFile) ?? files.optional(weightsIndexFile)
}

/** The ONNX files in a commit's root and in its folder `onnx`. */
export function onnxNames(files: CommitFiles): string[] {
  return files.names().filter(name => isOnnxFile(name) && /^(onnx\/)?[^/]+$/.test(name))
}

/**
 * The ONNX graph of a commit that has the precision asked for, and the files next to it that hold its weights if it is large.
 *
 * @returns nothing if it has no ONNX files
 * @throws ValenceError `model_not_found`, with the precisions that there are
 */
export function chooseOnnx(files: CommitFiles, id: string, dtype: GraphDtype | "auto"): HubFile[] {
  const graphs = onnxNames(files)
  if (graphs.length === 0) return []
  const graph = chooseReadyGraph(id, graphs, dtype)
  const isData = (name: string) =>
    name.startsWith(`${graph}_data`) && /^(_\d+)?$/.test(name.slice(`${graph}_data`.length))
  return [graph, ...files.names().filter(isData)].map(name => files.needed(name))
}

/**
 * What is wrong with a commit that has neither safetensors nor ONNX files. A pickle can run its author's code, so none
 * is ever pulled.
 */
export function noWeights(files: CommitFiles, id: string, what: string): ValenceError {
  const names = files.names()
  const hasPickle = names.some(name => /\.(bin|pt|pth|ckpt|pkl)$/.test(name))
  const has = `it has ${listed(names)}`
  const message = hasPickle
    ? `${what} must have a ${weightsFile}, because weights are read from safetensors and ONNX alone: pickles such as .bin can run code, and are never pulled; ${has}. If you trust them, convert them in a Python of yours, then name the folder: ${safetensorsCommand(id)}`
    : `${what} must have a ${weightsFile}, or an ONNX file such as ${onnxFolder}/model.onnx; ${has}`
  return new ValenceError("model_invalid", message)
}

/**
 * The files that an index of weights names.
 *
 * @throws ValenceError `model_invalid` if the repository lacks one
 */
export function chooseShards(names: ReadonlySet<string>, files: CommitFiles, what: string): HubFile[] {
  return [...names].map(name => {
    const file = files.optional(name)
    if (file) return file
    throw new ValenceError("model_invalid", `${what} must have ${shown(name)}, which its ${weightsIndexFile} names`)
  })
}

function listed(names: readonly string[]): string {
  const most = 20
  const there = names.filter(name => !name.startsWith("."))
  const shown = there.slice(0, most).join(", ")
  return there.length === 0 ? "no files" : there.length > most ? `${shown} and ${there.length - most} more` : shown
}
