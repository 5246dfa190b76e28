import type { WorkerEmitter } from "../events.ts"

/** What is left of an older, higher rate with each look. */
const decay = 0.9

/**
 * What a worker can do: tokens a second while its devices were busy, which idle times do not lower, or what it did, where
 * that is more: a lexicon has no devices. Light traffic makes small micro-batches, which are slow for each token; so the
 * best of the last looks counts, and fades.
 */
export class Capacity {
  readonly #devices: number
  #tokens = 0
  #busyMs = 0
  #texts = 0
  #jobTokens = 0
  #lookedMs = performance.now()
  #tokensPerSecond = 0

  constructor(events: WorkerEmitter, devices: number) {
    this.#devices = devices
    events.on("microBatch", ({ tokens, runMs }) => {
      this.#tokens += tokens
      this.#busyMs += runMs
    })
    events.on("job", ({ texts, tokens }) => {
      this.#texts += texts
      this.#jobTokens += tokens
    })
  }

  /** Rates since the last look. */
  look(nowMs = performance.now()): { readonly tokensPerSecond: number; readonly textsPerSecond: number } {
    const perSecond = 1000 / Math.max(1, nowMs - this.#lookedMs)
    if (this.#jobTokens > 0 || this.#busyMs > 0) {
      const busy = this.#busyMs > 0 ? (this.#tokens / this.#busyMs) * 1000 * this.#devices : 0
      this.#tokensPerSecond = Math.max(busy, this.#jobTokens * perSecond, this.#tokensPerSecond * decay)
    }
    const textsPerSecond = this.#texts * perSecond
    this.#tokens = this.#busyMs = this.#texts = this.#jobTokens = 0
    this.#lookedMs = nowMs
    return { tokensPerSecond: this.#tokensPerSecond, textsPerSecond }
  }
}
