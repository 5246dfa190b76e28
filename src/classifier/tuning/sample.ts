import { microBatch } from "../../model/micro-batch.ts"
import { sum } from "../../sum.ts"
import type { Device } from "../devices/device.ts"
import type { Setting } from "../plan/tuning.ts"

/** Lengths of the texts that are computed: a short one, and one of a few sentences. */
const lengths = [32, 128]

/** A device whose speed is measured. */
export interface Sampled {
  /** Its children, idle. */
  readonly devices: readonly Device[]
  /** Tokens that a text may have. */
  readonly maxTokens: number
}

/** How fast a device was, in one sample. */
export interface TuningSample {
  /** All children together. */
  readonly tokensPerSecond: number
  /** How long a micro-batch of each length took together; of the slowest child. */
  readonly leastMs: number
}

/** Runs a micro-batch of each length, again and again for `sampleMs`; `undefined` if the child could not. */
async function sampleChild(
  device: Device,
  budget: number,
  maxTokens: number,
  sampleMs: number,
): Promise<TuningSample | undefined> {
  let tokens = 0
  let runMs = 0
  let times = 0
  do {
    for (const length of lengths) {
      const longest = Math.min(length, maxTokens)
      const rows = Math.max(1, Math.floor(budget / longest))
      const ran = await device.run(microBatch(Array<Int32Array>(rows).fill(new Int32Array(longest)), 0), false)
      if (ran.error) return undefined
      tokens += rows * longest
      runMs += Math.max(ran.runMs, 0.01)
    }
    times += 1
  } while (runMs < sampleMs)
  return { tokensPerSecond: (tokens / runMs) * 1000, leastMs: runMs / times }
}

/**
 * Measures the children of a setting at the same time, as they share cores, caches and memory.
 *
 * @param sampleMs - each child computes for at least this long
 * @returns `undefined` if one of them could not run a micro-batch
 */
export async function takeSample(
  { devices, maxTokens }: Sampled,
  { children, maxBatchTokens }: Setting,
  sampleMs: number,
): Promise<TuningSample | undefined> {
  const used = devices.slice(0, children)
  const samples = await Promise.all(used.map(device => sampleChild(device, maxBatchTokens, maxTokens, sampleMs)))
  const known = samples.filter(sample => sample !== undefined)
  if (known.length < samples.length) return undefined
  return {
    tokensPerSecond: sum(known.map(({ tokensPerSecond }) => tokensPerSecond)),
    leastMs: Math.max(...known.map(({ leastMs }) => leastMs)),
  }
}
