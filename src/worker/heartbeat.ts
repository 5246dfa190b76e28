import type { Complete } from "../declaration.ts"
import type { WorkerEmitter } from "../events.ts"
import type { JobQueues } from "../queue/jobs/job-queues.ts"
import { lanes } from "../queue/jobs/names.ts"
import type { RedisHealth } from "../queue/jobs/redis-health.ts"
import { removeOld } from "../queue/jobs/remove-old.ts"
import { type Fleet, noticeEveryMs, type WorkerNotice } from "../queue/status/living-fleet.ts"
import { queueStatus } from "../queue/status/queue-status.ts"
import type { Capacity } from "./capacity.ts"
import type { workerOptions } from "./options.ts"

/** What rounds are made with; all of it is lent. */
export interface RoundsContext {
  readonly queues: JobQueues
  readonly fleet: Fleet
  readonly health: RedisHealth
  readonly events: WorkerEmitter
  readonly settings: Complete<typeof workerOptions>
  readonly capacity: Capacity
  /** The worker's constant facts. */
  readonly worker: Omit<WorkerNotice, "tokensPerSecond" | "textsPerSecond">
}

const cleanEveryMs = 60_000
const cleanLimit = 10_000

/** What a worker does every few seconds next to its jobs: says that it lives, looks at the queues, removes what is old. */
export class Heartbeat {
  readonly #context: RoundsContext
  #timer: NodeJS.Timeout | undefined
  #cleanedMs = performance.now()

  constructor(context: RoundsContext) {
    this.#context = context
  }

  /** Says that the worker lives. */
  async announce(): Promise<void> {
    const { fleet, worker, capacity } = this.#context
    await fleet.announce({ ...worker, ...capacity.look() })
  }

  /** Makes rounds from now on, while Redis does its work. */
  start(): void {
    this.#timer = setTimeout(async () => {
      if (this.#context.health.problem === undefined) await this.#round().catch(() => {})
      if (this.#timer !== undefined) this.start()
    }, noticeEveryMs)
  }

  /** Makes no further round. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  async #round(): Promise<void> {
    const { queues, fleet, events } = this.#context
    await this.announce()
    const { lanes, deadLetters, backlogSeconds } = await queueStatus(queues, fleet)
    events.emit("backlog", { queues: lanes, deadLetters, backlogSeconds })
    if (performance.now() - this.#cleanedMs >= cleanEveryMs) await this.#clean()
  }

  async #clean(): Promise<void> {
    this.#cleanedMs = performance.now()
    const { queues, settings } = this.#context
    const kept = { completed: settings.keepResultSeconds, failed: settings.keepFailedSeconds }
    for (const lane of lanes) await removeOld(queues.of(lane), queues.redis, kept, cleanLimit)
  }
}
