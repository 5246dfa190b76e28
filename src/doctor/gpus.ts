import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { nvidiaGpus } from "../classifier/plan/processor-name.ts"
import { visibleGpus } from "../classifier/plan/visible-gpus.ts"
import type { Finding } from "./finding.ts"

/** What is known of this machine's GPUs. */
export interface GpuFacts {
  /** A line for each GPU, in the order of their indices: of `nvidia-smi`, or of the driver if that is not installed. */
  readonly gpus: readonly string[]
  /** What `nvidia-smi -L` prints: GPUs, and the MIG instances of each. */
  readonly list: string
  /** GPUs that CUDA_VISIBLE_DEVICES shows; `undefined` if it is not set. */
  readonly visible: readonly string[] | undefined
}

const query = ["--query-gpu=name,driver_version,memory.total,memory.used", "--format=csv,noheader"]

/** @returns `undefined` if there is no `nvidia-smi`, or it fails */
async function nvidiaSmi(words: readonly string[]): Promise<string | undefined> {
  try {
    return (await promisify(execFile)("nvidia-smi", words, { timeout: 10_000 })).stdout.trimEnd()
  } catch {
    return undefined
  }
}

async function gpuFacts(): Promise<GpuFacts> {
  const told = await nvidiaSmi(query)
  const gpus = told?.trim().split("\n") ?? nvidiaGpus().map(({ name, bus }) => `${name}, ${bus}`)
  return { gpus, list: (await nvidiaSmi(["-L"])) ?? "", visible: visibleGpus() }
}

/** MIG instances as `nvidia-smi -L` lists them. */
function judgeInstances(list: string): Finding[] {
  const lines = [...list.matchAll(/^\s+(MIG \S+).*\(UUID: (MIG-[^)]+)\)/gm)]
  return lines.map(([, name = "MIG", uuid]) => {
    const found = `${uuid}; use it with CUDA_VISIBLE_DEVICES=${uuid}`
    return { section: "GPU", name, status: "ok", found }
  })
}

/** NVIDIA's GPUs, and which of them each `cuda:i` is. */
export function judgeGpus({ gpus, list, visible }: GpuFacts): Finding[] {
  const instances = judgeInstances(list)
  if (visible === undefined && gpus.length > 0)
    return [
      ...gpus.map((found, index) => ({ section: "GPU", name: `cuda:${index}`, status: "ok", found }) as const),
      ...instances,
    ]
  if (gpus.length === 0) return [{ section: "GPU", name: "NVIDIA", status: "absent", found: "no driver, or no GPU" }]
  const shown = (visible ?? []).map((entry, index) => {
    const found = /^\d+$/.test(entry) ? (gpus[Number(entry)] ?? "there is no such GPU") : "by its UUID"
    const status = found === "there is no such GPU" ? "warning" : "ok"
    return {
      section: "GPU",
      name: `cuda:${index}`,
      status,
      found: `CUDA_VISIBLE_DEVICES has ${entry}: ${found}`,
    } as const
  })
  const none = {
    section: "GPU",
    name: "NVIDIA",
    status: "warning",
    found: "CUDA_VISIBLE_DEVICES hides every GPU",
  } as const
  const all = gpus.map((found, index) => ({ section: "GPU", name: `GPU ${index}`, status: "ok", found }) as const)
  return [...all, ...instances, ...(shown.length > 0 ? shown : [none])]
}

/** NVIDIA's GPUs of this machine. */
export async function examineGpus(): Promise<Finding[]> {
  return judgeGpus(await gpuFacts())
}
