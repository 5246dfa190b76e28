import { readFileSync } from "node:fs"

const sampleMs = 10

/** The peak of the resident memory of a process and all that it starts, each at its own peak, MiB; 0 where there is no /proc. */
export class TreeMemory {
  readonly #peaks = new Map<number, number>()
  readonly #timer: NodeJS.Timeout

  constructor(pid: number) {
    this.#timer = setInterval(() => this.#sample(pid), sampleMs)
  }

  /** What was seen until now. */
  stop(): number {
    clearInterval(this.#timer)
    return [...this.#peaks.values()].reduce((sum, kiB) => sum + kiB, 0) / 1024
  }

  #sample(pid: number): void {
    const kiB = Number(/VmHWM:\s+(\d+)/.exec(read(`/proc/${pid}/status`))?.[1] ?? 0)
    this.#peaks.set(pid, Math.max(kiB, this.#peaks.get(pid) ?? 0))
    for (const child of read(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean))
      this.#sample(Number(child))
  }
}

/** A process may end meanwhile. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8")
  } catch {
    return ""
  }
}
