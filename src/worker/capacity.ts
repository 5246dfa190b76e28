import type { WorkerEmitter } from "../events.ts"

/** What is left of an older, higher rate with each look. */
const decay = 0.9

/**
 * What a worker can do: tokens a second while its devices were busy, which idle times do not lower. Light traffic makes
 * small micro-batches, which are slow for each token; so the best of the last looks counts, and fades.
 */
export class Capacity {
  readonly #devices: number
  #tokens = 0
  #busyMs = 0
  #texts = 0
  #lookedMs = performance.now()
  #tokensPerSecond = 0

  constructor(events: WorkerEmitter, devices: number) {
    this.#devices = devices
    events.on("microBatch", ({ tokens, runMs }) => {
      this.#tokens += tokens
      this.#busyMs += runMs
    })
    events.on("job", ({ texts }) => {
      this.#texts += texts
    })
  }

  /** Rates since the last look. */
  look(nowMs = performance.now()): { readonly tokensPerSecond: number; readonly textsPerSecond: number } {
    if (this.#busyMs > 0) {
      const now = (this.#tokens / this.#busyMs) * 1000 * this.#devices
      this.#tokensPerSecond = Math.max(now, this.#tokensPerSecond * decay)
    }
    const textsPerSecond = (this.#texts * 1000) / Math.max(1, nowMs - this.#lookedMs)
    this.#tokens = this.#busyMs = this.#texts = 0
    this.#lookedMs = nowMs
    return { tokensPerSecond: this.#tokensPerSecond, textsPerSecond }
  }
}
