import type { Complete } from "../../declaration.ts"
import { ValenceError } from "../../errors.ts"
import type { modelOptions } from "../../options.ts"
import { unavailableReason } from "./provider-problem.ts"
import { type NamedDevice, readDevices } from "./read-devices.ts"
import { hiddenReason } from "./visible-gpus.ts"

/** What `auto` tries before the CPU. */
const firstChoice = "cuda:0"

/** Why a device cannot be used; any other problem would occur on a CPU too. */
const deviceCodes: ReadonlySet<string> = new Set(["device_missing", "device_failed", "model_not_found"])

/** Which devices, as the options name them. */
export type DeviceRequest = Pick<Complete<typeof modelOptions>, "device" | "children">

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
  { device: list, children }: DeviceRequest,
  open: (devices: readonly NamedDevice[]) => Promise<T>,
): Promise<OnDevices<T>> {
  try {
    const devices = readDevices(list === "auto" ? firstChoice : list, children)
    requirePresent(devices)
    return { opened: await open(devices), fellBack: undefined }
  } catch (error) {
    if (list !== "auto" || !(error instanceof ValenceError && deviceCodes.has(error.code))) throw error
    const opened = await open(readDevices("cpu", children))
    return { opened, fellBack: `device auto is cpu here: ${error.message}` }
  }
}

/** Before anything is asked of the model: a graph for a device that is not there would be built in vain. */
function requirePresent(devices: readonly NamedDevice[]): void {
  for (const device of devices) {
    const problem = unavailableReason(device.provider) ?? hiddenReason(device)
    if (problem !== undefined) throw new ValenceError("device_missing", `${device.name} can't be used: ${problem}`)
  }
}
