import { setTimeout } from "node:timers/promises"
import { unlessEnded } from "../../aborting.ts"
import { asError, ValenceError } from "../../errors.ts"
import type { OpenQueues } from "../open-queues.ts"
import { type QueueStatus, queueStatus } from "./queue-status.ts"

/** How often the queues are checked while they are watched. */
const watchEveryMs = 1000
/** Commands wait for a Redis that is gone, however long that takes; who watches wants to know. */
const lookWithinMs = 5000

/** Called with the queues, or with why they cannot be read now. */
export type QueueWatcher = (news: QueueStatus | Error) => void

/** Checks the queues once for all watchers, and not at all without any. */
export class QueueWatch {
  readonly #open: Pick<OpenQueues, "queues" | "fleet">
  readonly #withinMs: number
  readonly #watchers = new Set<QueueWatcher>()
  #looking: Promise<QueueStatus> | undefined
  #running = false

  /** @param open - lent */
  constructor(open: Pick<OpenQueues, "queues" | "fleet">, withinMs = lookWithinMs) {
    this.#open = open
    this.#withinMs = withinMs
  }

  /**
   * How the queues are now.
   *
   * @throws ValenceError `redis_failed` if Redis does not answer in time
   */
  look(): Promise<QueueStatus> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  /** Reports the queues every second, until the returned function is called. */
  watch(watcher: QueueWatcher): () => void {
    this.#watchers.add(watcher)
    if (!this.#running) void this.#run()
    return () => void this.#watchers.delete(watcher)
  }

  async #run(): Promise<void> {
    this.#running = true
    while (this.#watchers.size > 0) {
      const news = await this.look().catch(asError)
      for (const watcher of this.#watchers) watcher(news)
      await setTimeout(watchEveryMs, undefined, { ref: false })
    }
    this.#running = false
  }

  async #look(): Promise<QueueStatus> {
    const { queues, fleet } = this.#open
    const signal = AbortSignal.timeout(this.#withinMs)
    try {
      return await unlessEnded(queueStatus(queues, fleet), signal)
    } catch (cause) {
      if (!signal.aborted) throw cause
      throw new ValenceError("redis_failed", `Redis must tell of its queues within ${this.#withinMs} ms`, { cause })
    }
  }
}
