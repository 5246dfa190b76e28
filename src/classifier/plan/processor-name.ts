import { readdirSync, readFileSync } from "node:fs"
import { cpus } from "node:os"
import { join } from "node:path"
import type { Provider } from "./providers.ts"

/** A GPU, as NVIDIA's driver tells of it. */
export interface Gpu {
  readonly name: string
  /** Where it is on the bus. */
  readonly bus: string
}

/** NVIDIA's GPUs that the driver of this machine knows; none where there is no driver. */
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

/** What a provider computes on, as a tuning is named for: the CPU, and the GPUs where they count. */
export function processorName({ device }: Provider): string {
  const cpu = cpus()[0]?.model.trim() ?? "unknown"
  return device === "cpu" ? cpu : [cpu, ...nvidiaGpus().map(({ name }) => name)].join("; ")
}
