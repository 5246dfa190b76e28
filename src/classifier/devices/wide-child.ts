import type { StartDevice } from "./device.ts"
import type { PooledDevice, ServingSlot, Slot } from "./slot.ts"

/** Micro-batches that were alone before a child for such is worth its start, and the memory of another graph. */
const worthwhileAfter = 8
/** Deaths without a run that ended well, after which it is not started any more. */
const maxFailures = 8

/**
 * A child with several threads, for a micro-batch that has the device to itself: the device's other children have one
 * thread each, so that one of them computes while the others' cores idle. It is started after a few such micro-batches;
 * a caller that never sends one does not pay for it. While it is missing, or if it cannot start, the others serve.
 */
export class WideChild {
  readonly #start: StartDevice
  readonly #signal: AbortSignal
  readonly #onRestart: () => void
  readonly #slot: Slot
  #wanted = 0
  #starting = false

  /**
   * @param signal - ends a start that is under way
   * @param onRestart - called when it replaced another
   */
  constructor(of: PooledDevice, start: StartDevice, signal: AbortSignal, onRestart: () => void) {
    this.#start = start
    this.#signal = signal
    this.#onRestart = onRestart
    this.#slot = { of, wide: true, device: undefined, running: 0, urgent: 0, failures: 0 }
  }

  get pid(): number | undefined {
    return this.#slot.device?.pid
  }

  /** For a micro-batch that is alone: if the child serves and is idle. */
  idleSlot(): ServingSlot | undefined {
    if (this.#slot.running > 0) return undefined
    if (this.#slot.device) return this.#slot as ServingSlot
    this.#wanted += 1
    if (this.#wanted >= worthwhileAfter && !this.#starting && this.#slot.failures < maxFailures) void this.#serve()
    return undefined
  }

  destroy(): void {
    this.#slot.device?.destroy()
  }

  async #serve(): Promise<void> {
    this.#starting = true
    try {
      const device = await this.#start(this.#signal)
      if (this.#signal.aborted) return device.destroy()
      this.#slot.device = device
      if (this.#slot.failures > 0) this.#onRestart()
      void device.died.then(() => this.#onDeath())
    } catch {
      // The memory may not suffice for one more graph: the others continue without it.
      this.#slot.failures = maxFailures
    } finally {
      this.#starting = false
    }
  }

  #onDeath(): void {
    this.#slot.device = undefined
    this.#slot.failures += 1
    this.#wanted = 0
  }
}
