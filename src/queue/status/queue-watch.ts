import { setTimeout } from "node:timers/promises"
import { unlessEnded } from "../../aborting.ts"
import { asError, ValenceError } from "../../errors.ts"
import type { OpenQueues } from "../open-queues.ts"
import { type QueueStatus, queueStatus } from "./queue-status.ts"

/** How often the queues are looked at while somebody watches. */
const watchEveryMs = 1000
/** Commands wait for a Redis that is gone, however long that takes; who watches wants to know. */
const lookWithinMs = 5000

/** Told of the queues, or of why they cannot be seen now. */
export type QueueWatcher = (news: QueueStatus | Error) => void

/** Looks at the queues once for all who watch, and not at all while nobody does. */
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
   * @throws ValenceError `redis_failed` where Redis does not answer in time
   */
  look(): Promise<QueueStatus> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  /** Tells of the queues every second, until what it gives is called. */
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
