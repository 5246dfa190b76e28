import { existsSync } from "node:fs"
import { basename, join } from "node:path"
import { asError, ValenceError } from "../errors.ts"
import { readModelText } from "../model/read-file.ts"
import { readSafetensors, type StoredTensor } from "./safetensors.ts"

/** A checkpoint's tensors by name, and the file that lists them. */
export interface StoredTensors {
  readonly file: string
  readonly tensors: ReadonlyMap<string, StoredTensor>
}

const WHOLE = "model.safetensors"
const INDEX = "model.safetensors.index.json"

/**
 * The tensors of a checkpoint, from `model.safetensors`, or from the shards that `model.safetensors.index.json` lists.
 *
 * @throws ValenceError `model_not_found`, `model_invalid`; as `readSafetensors`
 */
export async function readStoredTensors(folder: string): Promise<StoredTensors> {
  const file = join(folder, WHOLE)
  if (existsSync(file)) return { file, tensors: readSafetensors(file) }
  const index = join(folder, INDEX)
  if (existsSync(index)) return { file: index, tensors: readShards(folder, index, await readModelText(index)) }
  const pickled = existsSync(join(folder, "pytorch_model.bin"))
  throw new ValenceError(
    "model_not_found",
    `model ${folder} must hold a ${WHOLE} or a ${INDEX}; it does not${pickled ? ", and pytorch_model.bin is not read, as it can hold code: save the checkpoint as safetensors" : ""}`,
  )
}

function readShards(folder: string, index: string, json: string): Map<string, StoredTensor> {
  const shardOf = parseIndex(index, json)
  const shards = new Map<string, ReadonlyMap<string, StoredTensor>>()
  const found = new Map<string, StoredTensor>()
  for (const [name, shard] of shardOf) {
    const tensors = shards.get(shard) ?? openShard(folder, index, shard)
    shards.set(shard, tensors)
    const tensor = tensors.get(name)
    if (tensor === undefined)
      throw new ValenceError("model_invalid", `${index}: ${shard} must hold the tensor ${name}; it does not`)
    found.set(name, tensor)
  }
  return found
}

function openShard(folder: string, index: string, shard: string): Map<string, StoredTensor> {
  const file = join(folder, shard)
  if (existsSync(file)) return readSafetensors(file)
  throw new ValenceError("model_not_found", `${index}: the shard ${shard} must lie beside it; it does not`)
}

/** The name of the shard of each tensor, by the tensor's name. */
function parseIndex(index: string, json: string): Map<string, string> {
  const refuse = (rule: string, cause?: unknown) =>
    new ValenceError("model_invalid", `${index} must hold ${rule}`, { cause })
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
    if (typeof shard !== "string" || shard === "" || shard !== basename(shard) || shard.includes("\\"))
      throw refuse(`${rule}, by its name alone; got ${JSON.stringify(shard)} for ${name}`)
  if (entries.length === 0) throw refuse(`${rule}; it has none`)
  return new Map(entries as [string, string][])
}
