import { asError, ValenceError } from "../errors.ts"
import type { Lane } from "../labeller.ts"
import { padded } from "../model/micro-batch.ts"
import type { Device, RunResult, StartDevice } from "./device.ts"
import { type BatcherLimits, createLanes, nextBatch, timeToWait } from "./next-batch.ts"
import type { Waiter } from "./waiting.ts"

/** An encoded text on its way to a device. */
export interface Entry extends Waiter {
  readonly inputIds: Int32Array
  /** Called once, with float32 logits, one a label, or with why there are none. */
  settle(outcome: Float32Array | ValenceError): void
}

/** What went through the devices so far. */
export interface DispatcherStats {
  readonly microBatches: number
  readonly texts: number
  /** Tokens of the texts. */
  readonly tokens: number
  /** Tokens that the devices computed: rows x longest. */
  readonly paddedTokens: number
  /** Sum over the devices of the time inside their sessions. */
  readonly runMs: number
  readonly deviceRestarts: number
}

export interface DispatcherOptions extends BatcherLimits {
  readonly startDevice: StartDevice
  readonly devices: number
  readonly padId: number
  /** Wait before a dead device's first restart, ms; it doubles with every start that fails. */
  readonly restartBackoffMs?: number
}

/** Micro-batches that a device holds at a time: one runs, the next waits in the pipe, so the device never waits for us. */
const RUNS_AHEAD = 2
/** Starts in a row that may fail before a device is given up. */
const MAX_START_FAILURES = 5
const MAX_BACKOFF_MS = 10_000

/** Entries that go together, and how often a run of theirs has failed. */
interface Cut {
  readonly entries: readonly Entry[]
  readonly failures: number
}

/** One of the devices, while it starts, serves, or waits for its restart. */
interface Slot {
  device: Device | undefined
  running: number
  startFailures: number
}

/**
 * Sends waiting entries to devices in micro-batches and sees to what fails.
 *
 * A micro-batch whose run failed is run again once, then its texts one by one, so that a poison text fails alone. A batch
 * that only stood behind a failing one is not counted as failed. A device that died is started again after a back-off;
 * when none can be started any more, everything that waits fails.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions
  readonly #lanes = createLanes<Entry>()
  readonly #again: Cut[] = []
  readonly #slots: Slot[] = []
  readonly #stats = { microBatches: 0, texts: 0, tokens: 0, paddedTokens: 0, runMs: 0, deviceRestarts: 0 }
  #pumpIsDue = false
  #waitTimer: NodeJS.Timeout | undefined
  #lost: ValenceError | undefined
  #closed = false

  private constructor(options: DispatcherOptions) {
    this.#options = options
  }

  /**
   * Starts all devices.
   *
   * @throws ValenceError `device_failed` when one does not start
   */
  static async start(options: DispatcherOptions): Promise<Dispatcher> {
    const dispatcher = new Dispatcher(options)
    const started = await Promise.allSettled(Array.from({ length: options.devices }, () => options.startDevice()))
    for (const start of started)
      if (start.status === "fulfilled") dispatcher.#slots.push({ device: start.value, running: 0, startFailures: 0 })
    const failed = started.find(start => start.status === "rejected")
    if (failed) {
      dispatcher.destroy()
      throw failed.reason
    }
    return dispatcher
  }

  get stats(): DispatcherStats {
    return { ...this.#stats }
  }

  /** The process ids of the devices that serve. */
  get devicePids(): number[] {
    return this.#slots.map(slot => slot.device?.pid).filter(pid => pid !== undefined)
  }

  add(entry: Entry, lane: Lane): void {
    if (this.#lost) {
      entry.settle(this.#lost)
      return
    }
    this.#lanes[lane].add(entry)
    this.#schedule()
  }

  /** Kills the devices; whatever has no result fails. */
  destroy(): void {
    this.#closed = true
    clearTimeout(this.#waitTimer)
    for (const slot of this.#slots) slot.device?.destroy()
    this.#failWaiting(new ValenceError("closed", "the classifier was closed"))
  }

  /** Entries that arrive in one turn of the event loop are batched together. */
  #schedule(): void {
    if (this.#pumpIsDue) return
    this.#pumpIsDue = true
    setImmediate(() => {
      this.#pumpIsDue = false
      this.#pump()
    })
  }

  #pump(): void {
    if (this.#closed) return
    for (let ahead = 1; ahead <= RUNS_AHEAD; ahead += 1) {
      for (const slot of this.#slots) {
        if (!slot.device || slot.running >= ahead) continue
        const cut = this.#nextCut()
        if (!cut) return
        void this.#run(slot, slot.device, cut)
      }
    }
  }

  #nextCut(): Cut | undefined {
    const again = this.#again.shift()
    if (again) return again
    const now = performance.now()
    const waitMs = timeToWait(this.#lanes, this.#options, now)
    if (waitMs === undefined) return undefined
    if (waitMs > 0) {
      clearTimeout(this.#waitTimer)
      this.#waitTimer = setTimeout(() => this.#pump(), waitMs)
      return undefined
    }
    return { entries: nextBatch(this.#lanes, this.#options, now), failures: 0 }
  }

  async #run(slot: Slot, device: Device, cut: Cut): Promise<void> {
    slot.running += 1
    try {
      const batch = padded(
        cut.entries.map(entry => entry.inputIds),
        this.#options.padId,
      )
      const result = await device.run(batch)
      this.#count(cut, batch.rows * batch.longest, result)
      const labels = result.logits.length / batch.rows
      cut.entries.forEach((entry, row) => {
        entry.settle(result.logits.subarray(row * labels, (row + 1) * labels))
      })
      slot.startFailures = 0
    } catch (thrown) {
      const error = thrown instanceof ValenceError ? thrown : new ValenceError("device_failed", asError(thrown).message)
      this.#runAgain(cut, error)
      if (error.retryable) this.#replace(slot, device)
    } finally {
      slot.running -= 1
      this.#schedule()
    }
  }

  #count(cut: Cut, paddedTokens: number, result: RunResult): void {
    this.#stats.microBatches += 1
    this.#stats.texts += cut.entries.length
    this.#stats.paddedTokens += paddedTokens
    this.#stats.runMs += result.runMs
    for (const entry of cut.entries) this.#stats.tokens += entry.tokens
  }

  #runAgain({ entries, failures }: Cut, error: ValenceError): void {
    const stoodBehind = error.retryable && error.cause === undefined
    if (stoodBehind) this.#again.push({ entries, failures })
    else if (failures === 0) this.#again.push({ entries, failures: 1 })
    else if (entries.length > 1) this.#again.push(...entries.map(entry => ({ entries: [entry], failures })))
    else
      for (const entry of entries)
        entry.settle(
          new ValenceError("text_failed", `text failed on its own as well: ${error.message}`, { cause: error }),
        )
  }

  #replace(slot: Slot, device: Device): void {
    if (slot.device !== device || this.#closed) return
    slot.device = undefined
    device.destroy()
    this.#stats.deviceRestarts += 1
    void this.#restart(slot)
  }

  async #restart(slot: Slot): Promise<void> {
    const backoffMs = (this.#options.restartBackoffMs ?? 100) * 2 ** slot.startFailures
    await new Promise(resolve => setTimeout(resolve, Math.min(backoffMs, MAX_BACKOFF_MS)))
    if (this.#closed) return
    try {
      const device = await this.#options.startDevice()
      if (this.#closed) device.destroy()
      else slot.device = device
      this.#schedule()
    } catch (cause) {
      slot.startFailures += 1
      if (slot.startFailures < MAX_START_FAILURES) return this.#restart(slot)
      this.#slots.splice(this.#slots.indexOf(slot), 1)
      if (this.#slots.length > 0) return
      const why = `no device could be started again: ${asError(cause).message}`
      this.#lost = new ValenceError("device_failed", why, { cause })
      this.#failWaiting(this.#lost)
    }
  }

  #failWaiting(error: ValenceError): void {
    for (const cut of this.#again.splice(0)) for (const entry of cut.entries) entry.settle(error)
    for (const lane of [this.#lanes.interactive, this.#lanes.bulk])
      for (const entry of lane.drain()) entry.settle(error)
  }
}
