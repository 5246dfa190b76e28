import type { NamedDevice } from "./read-devices.ts"

/** An entry of CUDA_VISIBLE_DEVICES: an index, or the UUID of a GPU or of a MIG instance, or its beginning. */
const entry = /^(\d+|GPU-[0-9a-f-]+|MIG-[\w/-]+)$/i

/**
 * The GPUs that CUDA_VISIBLE_DEVICES leaves to this process, in the order of their indices. As in CUDA, the list ends at the first
 * entry that is none.
 *
 * @returns `undefined` if it is not set: all GPUs
 */
export function visibleGpus({ CUDA_VISIBLE_DEVICES: list }: NodeJS.ProcessEnv = process.env): string[] | undefined {
  if (list === undefined) return undefined
  const entries = list.split(",").map(one => one.trim())
  const end = entries.findIndex(one => !entry.test(one))
  return end === -1 ? entries : entries.slice(0, end)
}

/** Why CUDA_VISIBLE_DEVICES has no GPU of a device's index, as the end of a sentence. */
export function hiddenReason({ provider, index }: NamedDevice, env = process.env): string | undefined {
  const gpus = provider.isNvidia ? visibleGpus(env) : undefined
  if (gpus === undefined || index < gpus.length) return undefined
  const names = gpus.map((_, place) => `${provider.device}:${place}`).join(", ")
  const shows = gpus.length === 0 ? "hides every GPU" : `shows ${names} only`
  return `CUDA_VISIBLE_DEVICES=${env["CUDA_VISIBLE_DEVICES"]} ${shows}`
}

/** Which GPU a child sees, and the index of the device among what it sees. */
export interface ChildGpu {
  readonly index: number
  /** For CUDA_VISIBLE_DEVICES; `undefined` to leave it as it is. */
  readonly visibleGpu?: string | undefined
}

/**
 * A child sees its own GPU alone: CUDA gives a process one MIG instance at most, the first of the list, regardless of the index.
 */
export function gpuOfChild({ provider, index }: NamedDevice, env = process.env): ChildGpu {
  const visibleGpu = provider.isNvidia ? visibleGpus(env)?.[index] : undefined
  return { index: visibleGpu === undefined ? index : 0, visibleGpu }
}
