import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { ValenceError } from "../../errors.ts"
import { readModelText } from "../../model/read-file.ts"
import { safetensorsCommand } from "../../model/save-command.ts"
import { findReadyGraph } from "../../store/ready-graph.ts"
import { readWeightsIndex, weightsFile, weightsIndexFile } from "../../store/weight-files.ts"
import { readSafetensors, type StoredTensor } from "./safetensors.ts"

/** A checkpoint's tensors by name, and the file that lists them. */
export interface StoredTensors {
  readonly file: string
  readonly tensors: ReadonlyMap<string, StoredTensor>
}

/**
 * The tensors of a checkpoint, from `model.safetensors`, or from the shards that `model.safetensors.index.json` lists.
 *
 * @throws ValenceError `model_not_found`, `model_invalid`; as `readSafetensors`
 */
export async function readStoredTensors(folder: string): Promise<StoredTensors> {
  const file = join(folder, weightsFile)
  if (existsSync(file)) return { file, tensors: readSafetensors(file) }
  const index = join(folder, weightsIndexFile)
  if (existsSync(index)) return { file: index, tensors: readShards(folder, index, await readModelText(index)) }
  throw new ValenceError(
    "model_not_found",
    `model ${folder} must hold a ${weightsFile} or a ${weightsIndexFile}; it does not${await remedyFor(folder)}`,
  )
}

async function remedyFor(folder: string): Promise<string> {
  const ready = await findReadyGraph(folder, "auto").catch(() => undefined)
  if (ready !== undefined) return `. It needs no build: its ONNX graph is used as it is, by --model ${folder}`
  const names = readdirSync(folder)
  if (!names.some(name => /^pytorch_model.*\.bin$/.test(name))) return ""
  return `, and pytorch_model.bin is not read, as it can hold code. If you trust it, convert it in a Python of yours: ${safetensorsCommand(folder)}`
}

function readShards(folder: string, index: string, json: string): Map<string, StoredTensor> {
  const shardOf = readWeightsIndex(json, index)
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
  throw new ValenceError("model_not_found", `${index}: the shard ${shard} must be next to it; it is missing`)
}
