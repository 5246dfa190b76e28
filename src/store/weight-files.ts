import { basename } from "node:path"
import { asError, shown, ValenceError } from "../errors.ts"

/** The file of a checkpoint's weights. */
export const weightsFile = "model.safetensors"

/** The file that says in which files the weights are, if there are several. */
export const weightsIndexFile = "model.safetensors.index.json"

/**
 * The file of each tensor, by the tensor's name, as an index has them: a file of its folder, each.
 *
 * @param json - the text of `model.safetensors.index.json`
 * @param file - its name, for errors
 * @throws ValenceError `model_invalid`
 */
export function readWeightsIndex(json: string, file: string): Map<string, string> {
  const refuse = (rule: string, cause?: unknown) =>
    new ValenceError("model_invalid", `${file} must hold ${rule}`, { cause })
  const rule = "a weight_map: the file of a shard for each tensor"
  let map: unknown
  try {
    map = (JSON.parse(json) as Record<string, unknown> | null)?.["weight_map"]
  } catch (cause) {
    throw refuse(`JSON; ${asError(cause).message}`, cause)
  }
  if (typeof map !== "object" || map === null || Array.isArray(map)) throw refuse(rule)
  const entries = Object.entries(map as Record<string, unknown>)
  // A path would let an index name any file of the machine.
  for (const [name, shard] of entries)
    if (
      typeof shard !== "string" ||
      !shard.endsWith(".safetensors") ||
      shard !== basename(shard) ||
      shard.includes("\\")
    )
      throw refuse(`${rule}, a .safetensors file, by its name alone; got ${shown(shard)} for ${name}`)
  if (entries.length === 0) throw refuse(`${rule}; it has none`)
  return new Map(entries as [string, string][])
}
