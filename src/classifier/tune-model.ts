import type { Complete } from "../declaration.ts"
import type { ModelInfo } from "../labeller.ts"
import type { classifierOptions } from "../options.ts"
import { findModelFor } from "./open-model.ts"
import { onDevices } from "./plan/on-devices.ts"
import type { Tuning } from "./plan/tuning.ts"
import { keepTuning } from "./tuning/tune-cache.ts"
import { tuneDevice, tuningKey } from "./tuning/tune-device.ts"

/** The caller asked for nothing but this, so allow time enough for slow machines. */
const limitMs = 60_000

/** A device that was measured. */
export interface TunedDevice {
  readonly device: string
  readonly model: ModelInfo
  /** `undefined` if the device could run nothing. */
  readonly tuning: Tuning | undefined
  /** Whether the result was saved for the next run. */
  readonly kept: boolean
}

/**
 * Measures every device of a list with a model, whether or not it was measured before, and saves the results.
 *
 * @throws ValenceError `option_invalid`, `model_not_found`, `model_invalid`, `device_missing`, `device_failed`
 */
export async function tuneModel(
  settings: Pick<
    Complete<typeof classifierOptions>,
    "model" | "dtype" | "device" | "children" | "offline" | "startTimeoutMs" | "runTimeoutMs"
  >,
): Promise<TunedDevice[]> {
  const { opened } = await onDevices(settings, async devices => {
    const model = await findModelFor(devices, settings)
    const found: TunedDevice[] = []
    for (const device of devices) {
      const tuning = await tuneDevice(device, model.info, model.startOn(device, []), limitMs)
      const kept = tuning !== undefined && (await keepTuning(tuningKey(device, model.info), tuning))
      found.push({ device: device.name, model: model.info, tuning, kept })
    }
    return found
  })
  return opened
}
