import { readdirSync, readFileSync } from "node:fs"
import { cpus } from "node:os"
import { join } from "node:path"
import type { NamedDevice } from "./read-devices.ts"
import { gpuOfChild } from "./visible-gpus.ts"

/** A GPU, as NVIDIA's driver reports it. */
export interface Gpu {
  readonly name: string
  /** Where it is on the bus. */
  readonly bus: string
}

/** NVIDIA's GPUs that the driver of this machine knows; none if there is no driver. */
export function nvidiaGpus(folder = "/proc/driver/nvidia/gpus"): Gpu[] {
  try {
    return readdirSync(folder)
      .sort()
      .map(bus => {
        const facts = readFileSync(join(folder, bus, "information"), "utf8")
        return { name: /^Model:\s*(.+)$/m.exec(facts)?.[1] ?? "unknown", bus }
      })
  } catch {
    return []
  }
}

/** What a device computes on, as a tuning is named for: the CPU, and the GPUs if they count. */
export function processorName(device: NamedDevice): string {
  const cpu = cpus()[0]?.model.trim() ?? "unknown"
  if (device.provider.device === "cpu") return cpu
  // A MIG instance is a part of a GPU: it is as fast as its own size.
  const instance = gpuOfChild(device).visibleGpu?.startsWith("MIG-") ? [gpuOfChild(device).visibleGpu] : []
  return [cpu, ...nvidiaGpus().map(({ name }) => name), ...instance].join("; ")
}
