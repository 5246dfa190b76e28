import { setTimeout as wait } from "node:timers/promises"
import { asError, ValenceError } from "../../errors.ts"
import type { PooledDevice, ServingSlot, Slot } from "./slot.ts"
import { WideChild } from "./wide-child.ts"

export interface DevicePoolOptions {
  readonly devices: readonly PooledDevice[]
  /** Wait before a device is started again, ms; it doubles with every failure in a row. Default 100. */
  readonly restartBackoffMs?: number
}

/** Who is notified of the pool's devices. */
export interface DevicePoolListeners {
  /** A device was started again. */
  onReady(): void
  /** The last device was given up. */
  onLost(error: ValenceError): void
}

/** Micro-batches that a device holds at a time: one runs, the next waits in the pipe, so the device never waits for us. */
export const RUNS_AHEAD = 2
/** Deaths and failed starts in a row, without a run that ended well, after which a device is given up. */
const MAX_FAILURES = 8
const MAX_BACKOFF_MS = 10_000

/** Keeps the devices alive. */
export class DevicePool {
  readonly #options: DevicePoolOptions
  readonly #listeners: DevicePoolListeners
  readonly #stop = new AbortController()
  readonly #slots: Slot[] = []
  /** Name of the sole device. */
  readonly #wide: WideChild | undefined
  #restarts = 0

  private constructor(options: DevicePoolOptions, listeners: DevicePoolListeners) {
    this.#options = options
    this.#listeners = listeners
    const [sole, ...others] = options.devices
    const onRestart = () => {
      this.#restarts += 1
      listeners.onReady()
    }
    if (sole?.startWide && others.length === 0)
      this.#wide = new WideChild(sole, sole.startWide, this.#stop.signal, onRestart)
  }

  /**
   * Starts all devices.
   *
   * @throws ValenceError `model_invalid`, `device_missing`, `device_failed` when one does not start
   */
  static async start(options: DevicePoolOptions, listeners: DevicePoolListeners): Promise<DevicePool> {
    const pool = new DevicePool(options, listeners)
    try {
      await Promise.all(
        options.devices.flatMap(of =>
          Array.from({ length: of.children }, () =>
            pool.#fill({ of, wide: false, device: undefined, running: 0, urgent: 0, failures: 0 }),
          ),
        ),
      )
      return pool
    } catch (error) {
      pool.destroy()
      throw error
    }
  }

  /** How often a device was replaced. */
  get restarts(): number {
    return this.#restarts
  }

  /** The process ids of the devices that serve. */
  get pids(): number[] {
    return [...this.#slots.map(slot => slot.device?.pid), this.#wide?.pid].filter(pid => pid !== undefined)
  }

  /** The device with the fewest micro-batches that takes another one. */
  idlest(): ServingSlot | undefined {
    let idlest: Slot | undefined
    for (const slot of this.#slots)
      if (slot.device && slot.running < RUNS_AHEAD && slot.running < (idlest?.running ?? RUNS_AHEAD)) idlest = slot
    return idlest as ServingSlot | undefined
  }

  /** For a micro-batch that nothing waits or runs next to: the child with several threads, if it serves. */
  wideSlot(): ServingSlot | undefined {
    return this.#slots.every(({ running }) => running === 0) ? this.#wide?.idleSlot() : undefined
  }

  /** A device that takes no other micro-batch, of whose none is urgent: an urgent one may go before the one that waits. */
  fullOfBulk(): ServingSlot | undefined {
    const full = this.#slots.find(slot => slot.device && slot.running === RUNS_AHEAD && slot.urgent === 0)
    return full as ServingSlot | undefined
  }

  /** Kills the devices, those that are starting too. */
  destroy(): void {
    this.#stop.abort()
    for (const slot of this.#slots) slot.device?.destroy()
    this.#wide?.destroy()
  }

  async #fill(slot: Slot): Promise<void> {
    const device = await slot.of.start(this.#stop.signal)
    if (this.#stop.signal.aborted) return device.destroy()
    slot.device = device
    if (!this.#slots.includes(slot)) this.#slots.push(slot)
    void device.died.then(() => this.#replace(slot))
  }

  async #replace(slot: Slot): Promise<void> {
    slot.device = undefined
    if (this.#stop.signal.aborted) return
    this.#restarts += 1
    let cause = new Error("it died")
    for (slot.failures += 1; slot.failures < MAX_FAILURES; slot.failures += 1) {
      const backoffMs = (this.#options.restartBackoffMs ?? 100) * 2 ** (slot.failures - 1)
      try {
        await wait(Math.min(backoffMs, MAX_BACKOFF_MS), undefined, { signal: this.#stop.signal })
        await this.#fill(slot)
        return this.#listeners.onReady()
      } catch (error) {
        if (this.#stop.signal.aborted) return
        cause = asError(error)
      }
    }
    this.#giveUp(slot, cause)
  }

  #giveUp(slot: Slot, cause: Error): void {
    this.#slots.splice(this.#slots.indexOf(slot), 1)
    if (this.#slots.length > 0) return
    const why = `no device is left: the last failed ${MAX_FAILURES} times in a row; ${cause.message}`
    this.#listeners.onLost(new ValenceError("device_failed", why, { cause }))
  }
}
