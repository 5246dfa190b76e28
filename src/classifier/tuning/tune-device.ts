import type { ModelInfo } from "../../labeller.ts"
import { onnxRuntimeFiles } from "../../model/onnx-runtime-files.ts"
import type { Device, StartDevice } from "../device.ts"
import { processorName } from "../processor-name.ts"
import type { NamedDevice } from "../read-devices.ts"
import { measure } from "./measure.ts"
import type { TuningKey } from "./tune-cache.ts"
import type { Tuning } from "./tuning.ts"

/** How many rounds it takes to tell anything. */
const leastRounds = 3
/** Token budgets that are tried, in shares of the one that a device has without measuring. */
const shares = [1 / 4, 1 / 2, 1, 2, 4, 8]

/** What a device's tuning with a model is kept for. */
export function tuningKey({ name, provider, children }: NamedDevice, model: ModelInfo): TuningKey {
  return {
    model: model.name,
    revision: model.revision,
    dtype: model.dtype,
    device: name,
    children,
    processor: processorName(provider),
    onnxRuntime: onnxRuntimeFiles().version,
  }
}

/**
 * Measures which token budget suits a device, and how many children where nobody has said it, on children of its own.
 *
 * @param start - starts a child
 * @param limitMs - no measurement begins later than so long after the first
 * @returns `undefined` where nothing could be measured, or not often enough in that time
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
      leastRounds,
    })
  } finally {
    stop.abort()
    for (const started of await Promise.allSettled(starting))
      if (started.status === "fulfilled") started.value.destroy()
  }
}
