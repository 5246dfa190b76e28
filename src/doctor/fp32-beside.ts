import { mkdtemp, readdir, rm, stat, symlink } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { sum } from "../sum.ts"

/** Weights larger than this take too long to build a graph from for a quick look. */
const mostWeightBytes = 1e9

/** A checkpoint folder that has an fp32 graph. */
export interface Fp32Model extends AsyncDisposable {
  readonly folder: string
}

async function sizeOfWeights(folder: string, files: readonly string[]): Promise<number> {
  const sizes = files
    .filter(file => file.endsWith(".safetensors"))
    .map(async file => (await stat(join(folder, file))).size)
  return sum(await Promise.all(sizes))
}

/**
 * Builds a checkpoint's fp32 graph in a temporary folder, which is removed on dispose; the checkpoint's own stays as it is.
 *
 * @returns `undefined` if the weights are missing or too large
 * @throws ValenceError as `buildModel`
 */
export async function buildFp32Beside(checkpoint: string): Promise<Fp32Model | undefined> {
  const files = (await readdir(checkpoint)).filter(file => !file.endsWith(".onnx"))
  const bytes = await sizeOfWeights(checkpoint, files)
  if (bytes === 0 || bytes > mostWeightBytes) return undefined
  // Loaded only here: it takes longer to load than all else that doctor needs.
  const { buildModel } = await import("../graph/build-model.ts")
  const folder = await mkdtemp(join(tmpdir(), "valence-doctor-"))
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    for (const file of files) await symlink(resolve(checkpoint, file), join(folder, file))
    await buildModel(folder, { dtype: "fp32" })
    return { folder, [Symbol.asyncDispose]: remove }
  } catch (error) {
    await remove()
    throw error
  }
}
