import { type ChildProcess, spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { sum } from "../../src/sum.ts"

/** What a GPU did between two moments, as `nvidia-smi` says five times a second. */
export interface GpuUse {
  /** The share of the time in which a kernel ran, percent. */
  readonly busy: number
  readonly mostMiB: number
}

const everyMs = 200

/** Samples a GPU; a machine without `nvidia-smi` gives no figures. */
export class GpuSampler {
  readonly #child: ChildProcess
  readonly #samples: { readonly atMs: number; readonly busy: number; readonly mib: number }[] = []

  /** @param gpu - an index or a UUID, as `nvidia-smi -i` takes it */
  constructor(gpu: string) {
    const words = ["-i", gpu, "--query-gpu=utilization.gpu,memory.used", "--format=csv,noheader,nounits"]
    this.#child = spawn("nvidia-smi", [...words, "-lms", String(everyMs)], { stdio: ["ignore", "pipe", "ignore"] })
    this.#child.on("error", () => {})
    this.#child.stdout?.setEncoding("utf8").on("data", (lines: string) => {
      for (const line of lines.trim().split("\n")) {
        const [busy = NaN, mib = NaN] = line.split(",").map(Number)
        if (Number.isFinite(mib)) this.#samples.push({ atMs: performance.now(), busy, mib })
      }
    })
  }

  /** @returns `undefined` if nothing was sampled since then */
  useSince(startMs: number): GpuUse | undefined {
    const samples = this.#samples.filter(({ atMs }) => atMs >= startMs)
    if (samples.length === 0) return undefined
    const known = samples.filter(({ busy }) => Number.isFinite(busy))
    return {
      busy: sum(known.map(({ busy }) => busy)) / known.length,
      mostMiB: Math.max(...samples.map(({ mib }) => mib)),
    }
  }

  stop(): void {
    this.#child.kill()
  }
}

/** Memory that processes hold on the CPU's side, MiB. */
export function residentMiB(pids: readonly number[]): number {
  const pagesOf = (pid: number) => Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1])
  return pids.reduce((sum, pid) => sum + pagesOf(pid) * 4096, 0) / 2 ** 20
}
