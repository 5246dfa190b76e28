import { ValenceError } from "../../errors.ts"
import type { ClassifierEmitter } from "../../events.ts"
import { microBatch } from "../../model/micro-batch.ts"
import { sum } from "../../sum.ts"
import type { Device, RunFailed, RunResult } from "../devices/device.ts"
import { DeviceBudget } from "../devices/device-budget.ts"
import { DevicePool, type DevicePoolOptions, RUNS_AHEAD } from "../devices/device-pool.ts"
import type { PooledDevice, Slot } from "../devices/slot.ts"
import type { BatchLimits } from "../plan/batch-limits.ts"
import { allOf, createLines, type LanePolicy, type Line, nextBatch, timeToWait, waitsAlone } from "./next-batch.ts"
import { type Cut, cutsAfter, isTooLarge } from "./retry-plan.ts"
import type { Waiter } from "./waiting.ts"

/** An encoded text on its way to a device, or a window of one. */
export interface BatchEntry extends Waiter {
  readonly inputIds: Int32Array
  /** The piece of work that it belongs to; `undefined` while nothing is traced. */
  readonly work?: unknown
  /**
   * Called once, with float32 logits of shape [rows, labels], the time inside the session, and its row; or with why there are
   * none.
   */
  settle(outcome: Float32Array | ValenceError, runMs?: number, row?: number): void
}

/** What went through the devices so far. */
export interface DispatcherStats {
  readonly microBatches: number
  /** A window counts as a text. */
  readonly texts: number
  /** Tokens of the texts. */
  readonly tokens: number
  /** Tokens that the devices computed: rows x longest. */
  readonly paddedTokens: number
  /** Sum over the devices of the time inside their sessions. */
  readonly runMs: number
  readonly deviceRestarts: number
}

export interface DispatcherOptions extends LanePolicy, DevicePoolOptions {
  readonly padId: number
  /** How long a bulk micro-batch should take a device while interactive texts come, ms. */
  readonly bulkRunMs: number
  /** Receives the devices' events. */
  readonly events?: ClassifierEmitter
}

/** A batch that a device runs, and what it holds. */
interface Sent extends Cut<BatchEntry> {
  /** Tokens that the device computes: rows x longest. */
  readonly paddedTokens: number
  readonly startedMs: number
}

/**
 * Sends waiting entries to devices in micro-batches and sees to what fails.
 *
 * A micro-batch whose run failed is run again once, then its texts one by one, so that a poison text fails alone. A batch
 * that only stood after a failing one is not counted as failed. One for which a device had no memory is cut in half, and
 * the device's token budget is lowered. When no device is left, everything fails.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions
  readonly #lines = createLines<BatchEntry>()
  readonly #again: Cut<BatchEntry>[] = []
  readonly #budgets: ReadonlyMap<PooledDevice, DeviceBudget>
  readonly #stats = { microBatches: 0, texts: 0, tokens: 0, paddedTokens: 0, runMs: 0 }
  #pool: DevicePool | undefined
  #pumpIsDue = false
  #waitTimer: NodeJS.Timeout | undefined
  #lastInteractiveMs = -Infinity
  /** Why no text is labelled any more. */
  #ended: ValenceError | undefined

  private constructor(options: DispatcherOptions) {
    this.#options = options
    const { bulkRunMs } = options
    this.#budgets = new Map(
      options.devices.map(of => [of, new DeviceBudget({ maxBatchTokens: of.limits.maxBatchTokens, bulkRunMs })]),
    )
  }

  /**
   * Starts all devices.
   *
   * @throws ValenceError `model_invalid`, `device_missing`, `device_failed` when one does not start
   */
  static async start(options: DispatcherOptions): Promise<Dispatcher> {
    const dispatcher = new Dispatcher(options)
    dispatcher.#pool = await DevicePool.start(options, {
      onReady: () => {
        options.events?.emit("deviceRestarted")
        dispatcher.#schedule()
      },
      onLost: error => {
        options.events?.emit("devicesLost", { error })
        dispatcher.#end(error)
      },
    })
    return dispatcher
  }

  get stats(): DispatcherStats {
    return { ...this.#stats, deviceRestarts: this.#pool?.restarts ?? 0 }
  }

  /** Tokens that a micro-batch may have now, by the name of its device. */
  get maxBatchTokens(): ReadonlyMap<string, number> {
    return new Map([...this.#budgets].map(([{ name }, { maxBatchTokens }]) => [name, maxBatchTokens]))
  }

  /** The process ids of the devices that serve. */
  get devicePids(): number[] {
    return this.#pool?.pids ?? []
  }

  /** How many rows of this many tokens keep every device busy: with one micro-batch that runs, and one that waits. */
  rowsAtOnce(tokens: number): number {
    const rowsOf = (device: PooledDevice) => {
      const { maxBatchTokens, maxBatchTexts } = this.#limitsOf(device)
      return device.children * RUNS_AHEAD * Math.max(1, Math.min(maxBatchTexts, Math.floor(maxBatchTokens / tokens)))
    }
    return sum(this.#options.devices.map(rowsOf))
  }

  add(entry: BatchEntry, line: Line): void {
    if (this.#ended) entry.settle(this.#ended)
    else {
      if (line === "interactive") this.#lastInteractiveMs = entry.since
      this.#lines[line].add(entry)
      this.#schedule()
    }
  }

  /** Kills the devices; texts without a result fail. */
  destroy(): void {
    this.#end(new ValenceError("closed", "the classifier was closed"))
    this.#pool?.destroy()
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
    while (!this.#ended) {
      const isLone = this.#again.length === 0 && waitsAlone(this.#lines)
      const slot = (isLone ? this.#pool?.wideSlot() : undefined) ?? this.#pool?.idlest()
      const cut = slot ? this.#nextCut(slot.of) : undefined
      if (!slot || !cut) break
      void this.#run(slot, slot.device, cut)
    }
    // Every device has a micro-batch that waits: if that is not interactive, one that is goes before it.
    while (!this.#ended && this.#options.maxWaitMs === 0) {
      const slot = this.#pool?.fullOfBulk()
      const entries = slot ? this.#lines.interactive.takeBatch(this.#limitsOf(slot.of)) : []
      if (!slot || entries.length === 0) break
      void this.#run(slot, slot.device, { entries, line: "interactive", failures: 0 })
    }
  }

  #budgetOf(device: PooledDevice): DeviceBudget {
    return this.#budgets.get(device) as DeviceBudget
  }

  #limitsOf(device: PooledDevice): BatchLimits {
    const { maxBatchTokens } = this.#budgetOf(device)
    const { limits, shapes } = device
    const mostRows = shapes && { mostRows: (longest: number) => shapes.mostRows(longest, maxBatchTokens) }
    return { maxBatchTokens, maxBatchTexts: limits.maxBatchTexts, ...mostRows }
  }

  #nextCut(device: PooledDevice): Cut<BatchEntry> | undefined {
    const again = this.#again.shift()
    if (again) return again
    const now = performance.now()
    const { bulkAgeMs, maxWaitMs } = this.#options
    // What is alone works best on everything at once.
    const places = device.children > 1 ? device.children * RUNS_AHEAD : 1
    const limits = { ...this.#limitsOf(device), bulkAgeMs, maxWaitMs, places }
    const waitMs = timeToWait(this.#lines, limits, now)
    if (waitMs === undefined) return undefined
    if (waitMs > 0) {
      clearTimeout(this.#waitTimer)
      this.#waitTimer = setTimeout(() => this.#pump(), waitMs)
      return undefined
    }
    const laterTokens = this.#budgetOf(device).bulkTokens(now - this.#lastInteractiveMs)
    return { ...nextBatch(this.#lines, limits, now, laterTokens), failures: 0 }
  }

  async #run(slot: Slot, device: Device, cut: Cut<BatchEntry>): Promise<void> {
    const urgent = cut.line === "interactive"
    slot.running += 1
    if (urgent) slot.urgent += 1
    const startedMs = performance.now()
    const encodings = cut.entries.map(entry => entry.inputIds)
    const batch = microBatch(encodings, this.#options.padId, slot.of.shapes)
    const sent = { ...cut, paddedTokens: batch.rows * batch.longest, startedMs }
    const outcome = await device.run(batch, urgent)
    slot.running -= 1
    if (urgent) slot.urgent -= 1
    if (outcome.error) this.#runAgain(sent, outcome, slot.of)
    else {
      slot.failures = 0
      this.#count(sent, outcome, slot)
      const { logits, runMs } = outcome
      for (const [row, entry] of cut.entries.entries()) entry.settle(logits, runMs, row)
    }
    this.#schedule()
  }

  #count({ entries, line, paddedTokens, startedMs }: Sent, { runMs }: RunResult, { of, wide }: Slot): void {
    const texts = entries.length
    const tokens = entries.reduce((sum, entry) => sum + entry.tokens, 0)
    this.#stats.microBatches += 1
    this.#stats.texts += texts
    this.#stats.tokens += tokens
    this.#stats.paddedTokens += paddedTokens
    this.#stats.runMs += runMs
    if (!wide) this.#budgetOf(of).ran(paddedTokens, runMs)
    const waitMs = entries.map(({ since }) => startedMs - since)
    const lane = line === "bulk" ? line : "interactive"
    const traced = entries[0]?.work !== undefined && { work: entries.map(({ work }) => work) }
    this.#options.events?.emit("microBatch", { lane, texts, tokens, paddedTokens, waitMs, runMs, ...traced })
  }

  #runAgain(sent: Sent, failed: RunFailed, device: PooledDevice): void {
    const { entries } = sent
    if (this.#ended) {
      for (const entry of entries) entry.settle(this.#ended)
      return
    }
    if (isTooLarge(sent, failed)) this.#lowerBudget(device, sent)
    const cuts = cutsAfter(sent, failed)
    this.#again.push(...cuts)
    if (cuts.length > 0) return
    const { error: cause } = failed
    const why = `text failed on its own as well: ${cause.message}`
    entries[0]?.settle(new ValenceError("text_failed", why, { cause }))
  }

  #lowerBudget(device: PooledDevice, { entries, paddedTokens }: Sent): void {
    const budget = this.#budgetOf(device)
    budget.lower(paddedTokens)
    const { maxBatchTokens } = budget
    const texts = entries.length
    this.#options.events?.emit("outOfMemory", { device: device.name, texts, paddedTokens, maxBatchTokens })
  }

  /** Fails all waiting and future texts. */
  #end(error: ValenceError): void {
    this.#ended ??= error
    clearTimeout(this.#waitTimer)
    for (const cut of this.#again.splice(0)) for (const entry of cut.entries) entry.settle(error)
    for (const line of allOf(this.#lines)) for (const entry of line.drain()) entry.settle(error)
  }
}
