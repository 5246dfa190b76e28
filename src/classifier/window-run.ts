import { ValenceError } from "../errors.ts"
import type { Windows } from "../model/cut-windows.ts"
import type { BatchEntry } from "./batcher/dispatcher.ts"

/** What the windows of a text are run with. */
export interface WindowRunOptions {
  /** How many may be under way at a time: the next one is cut, and begins to wait, when one is done. */
  readonly most: number
  /** The piece of work that the text belongs to. */
  readonly work?: unknown
  /** Lets a window wait for a device. */
  readonly add: (entry: BatchEntry) => void
  /** Whether the text is no longer wanted. */
  readonly isDropped: () => boolean
  /** Called with the logits of each window, in their order: a row of a micro-batch's. */
  readonly onLogits: (logits: Float32Array, row: number, window: number) => void
  /** Called once: after the last logits, or with the first window's error. */
  readonly onEnd: (error?: ValenceError) => void
}

/** How long the windows of a text were where, ms. */
export interface WindowTimings {
  /** Until the first was in a device's session. */
  readonly queueMs: number
  /** From then until the last was out of it. */
  readonly inferenceMs: number
}

/**
 * Runs the windows of one text, a bounded number at a time: each stands in the waiting line as if its text had just come,
 * after the texts that came in the meantime, so a text of a thousand windows delays others as little as one of a few.
 */
export class WindowRun {
  readonly #windows: Windows
  readonly #options: WindowRunOptions
  readonly #startedMs = performance.now()
  /** The first window that has not been sent. */
  #next = 0
  /** The first window whose logits were not reported. */
  #reported = 0
  /** Logits that came before those of a window in front. */
  readonly #early = new Map<number, { readonly logits: Float32Array; readonly row: number }>()
  #begunMs = Infinity
  #ended = false

  constructor(windows: Windows, options: WindowRunOptions) {
    this.#windows = windows
    this.#options = options
  }

  /** Sends the first windows. */
  start(): void {
    const { most, add, isDropped } = this.#options
    while (!this.#ended && !isDropped() && this.#next < this.#windows.count && this.#next - this.#reported < most)
      add(this.#entry(this.#next++))
  }

  /** How long it took where; of a run that has ended. */
  timings(nowMs = performance.now()): WindowTimings {
    const begunMs = Math.min(this.#begunMs, nowMs)
    return { queueMs: begunMs - this.#startedMs, inferenceMs: nowMs - begunMs }
  }

  #entry(index: number): BatchEntry {
    const inputIds = this.#windows.at(index)
    const isUnwanted = () => this.#ended || this.#options.isDropped()
    return {
      inputIds,
      work: this.#options.work,
      tokens: inputIds.length,
      since: performance.now(),
      get dropped() {
        return isUnwanted()
      },
      settle: (outcome, runMs = 0, row = 0) => {
        if (this.#ended) return
        this.#begunMs = Math.min(this.#begunMs, performance.now() - runMs)
        if (outcome instanceof ValenceError) this.#end(outcome)
        else this.#tell(index, outcome, row)
      },
    }
  }

  #tell(index: number, logits: Float32Array, row: number): void {
    this.#early.set(index, { logits, row })
    for (let next = this.#early.get(this.#reported); next; next = this.#early.get(this.#reported)) {
      this.#early.delete(this.#reported)
      this.#options.onLogits(next.logits, next.row, this.#reported)
      this.#reported += 1
    }
    if (this.#reported === this.#windows.count) this.#end()
    else this.start()
  }

  #end(error?: ValenceError): void {
    this.#ended = true
    this.#early.clear()
    this.#options.onEnd(error)
  }
}
