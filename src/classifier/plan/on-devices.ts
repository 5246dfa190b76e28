import { ValenceError } from "../../errors.ts"
import { unavailableReason } from "./provider-problem.ts"
import { type NamedDevice, readDevices } from "./read-devices.ts"

/** What `auto` tries before the CPU. */
const firstChoice = "cuda:0"

/** Why a device cannot be used; whatever else is wrong is so on a CPU too. */
const deviceCodes: ReadonlySet<string> = new Set(["device_missing", "device_failed", "model_not_found"])

/** What was opened, and why it is not on the device that `auto` likes best. */
export interface OnDevices<T> {
  readonly opened: T
  readonly fellBack: string | undefined
}

/**
 * Opens something on the devices that a list names; for `auto`, on the first GPU, or else on the CPU.
 *
 * @throws ValenceError `option_invalid`, and what `open` throws
 */
export async function onDevices<T>(
  list: string,
  open: (devices: readonly NamedDevice[]) => Promise<T>,
): Promise<OnDevices<T>> {
  try {
    const devices = readDevices(list === "auto" ? firstChoice : list)
    requirePresent(devices)
    return { opened: await open(devices), fellBack: undefined }
  } catch (error) {
    if (list !== "auto" || !(error instanceof ValenceError && deviceCodes.has(error.code))) throw error
    const opened = await open(readDevices("cpu"))
    return { opened, fellBack: `device auto is cpu here: ${error.message}` }
  }
}

/** Before anything is asked of the model: a graph for a device that is not there would be built in vain. */
function requirePresent(devices: readonly NamedDevice[]): void {
  for (const { name, provider } of devices) {
    const problem = unavailableReason(provider)
    if (problem !== undefined) throw new ValenceError("device_missing", `${name} can't be used: ${problem}`)
  }
}
