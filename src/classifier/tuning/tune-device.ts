import type { ModelInfo } from "../../labeller.ts"
import { onnxRuntimeFiles } from "../../model/runtime/onnx-runtime-files.ts"
import type { Device, StartDevice } from "../devices/device.ts"
import { processorName } from "../plan/processor-name.ts"
import type { NamedDevice } from "../plan/read-devices.ts"
import type { Tuning } from "../plan/tuning.ts"
import { measure } from "./measure.ts"
import type { TuningKey } from "./tune-cache.ts"

/** Token budgets that are tried, as shares of the device's default. */
const shares = [1 / 4, 1 / 2, 1, 2, 4, 8]

/** The key under which a device's tuning with a model is kept. */
export function tuningKey(device: NamedDevice, model: ModelInfo): TuningKey {
  return {
    model: model.name,
    revision: model.revision,
    dtype: model.dtype,
    device: device.name,
    children: device.children,
    processor: processorName(device),
    onnxRuntime: onnxRuntimeFiles().version,
  }
}

/**
 * Measures which token budget suits a device, and how many children if the user gave no number, on children of its own.
 *
 * @param start - starts a child
 * @param limitMs - after this time no sample begins, except for the default's first
 * @returns `undefined` if the device could run nothing
 * @throws ValenceError as `start`
 */
export async function tuneDevice(
  { provider, children, childrenGiven }: NamedDevice,
  { maxLength }: ModelInfo,
  start: StartDevice,
  limitMs: number,
): Promise<Tuning | undefined> {
  const stop = new AbortController()
  const starting = Array.from({ length: children }, () => start(stop.signal))
  try {
    const devices: Device[] = await Promise.all(starting)
    return await measure({
      devices,
      budgets: shares.map(share => Math.round(provider.maxBatchTokens * share)),
      fewerChildren: childrenGiven || children === 1 ? [] : [Math.ceil(children / 2)],
      defaultTokens: provider.maxBatchTokens,
      maxTokens: maxLength,
      limitMs,
      random: Math.random,
    })
  } finally {
    stop.abort()
    for (const started of await Promise.allSettled(starting))
      if (started.status === "fulfilled") started.value.destroy()
  }
}
