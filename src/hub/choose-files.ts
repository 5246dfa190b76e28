import { ValenceError } from "../errors.ts"
import type { HubFile } from "../model/cache.ts"
import { weightsFile, weightsIndexFile } from "../model/weight-files.ts"

/** The files of a checkpoint, in the order in which they are pulled: what may show that it is of no use comes first. */
export interface ChosenFiles {
  readonly config: HubFile
  /** Tokenizer, and what says how long a text may be. */
  readonly tokenizer: readonly HubFile[]
  /** model.safetensors, or the index of several such files. */
  readonly weights: HubFile
}

/**
 * What to pull of a repository. Weights are read from safetensors alone: a pickle can run code of whoever made it, so
 * none is ever pulled.
 *
 * @param files - those in the repository's root
 * @throws ValenceError `model_invalid`, with the files that there are
 */
export function chooseFiles(files: readonly HubFile[], what: string): ChosenFiles {
  const named = (name: string) => files.find(file => file.name === name && file.bytes > 0)
  const needed = (name: string, why = "") => {
    const file = named(name)
    if (file) return file
    const there = files.map(file => file.name).filter(file => !file.startsWith("."))
    throw new ValenceError("model_invalid", `${what} must have a ${name}${why}; it has ${listed(there)}`)
  }
  const optional = named("tokenizer_config.json")
  return {
    config: needed("config.json"),
    weights: named(weightsIndexFile) && !named(weightsFile) ? needed(weightsIndexFile) : needed(weightsFile, noPickle),
    tokenizer: [needed("tokenizer.json"), ...(optional ? [optional] : [])],
  }
}

const noPickle =
  ", because weights are read from safetensors alone: pickles such as .bin can run code, and are never pulled"

/**
 * The files that an index of weights names.
 *
 * @throws ValenceError `model_invalid` where the repository lacks one
 */
export function chooseShards(names: ReadonlySet<string>, files: readonly HubFile[], what: string): HubFile[] {
  return [...names].map(name => {
    const file = files.find(file => file.name === name)
    if (file) return file
    throw new ValenceError(
      "model_invalid",
      `${what} must have ${name}, which its ${weightsIndexFile} names; it has not`,
    )
  })
}

function listed(names: readonly string[]): string {
  const most = 20
  const shown = names.slice(0, most).join(", ")
  return names.length === 0 ? "no files" : names.length > most ? `${shown} and ${names.length - most} more` : shown
}
