import type { Job } from "bullmq"
import { finishedJobs } from "../queue/jobs/finished-jobs.ts"
import type { JobData } from "../queue/jobs/job.ts"
import type { RedisConnection } from "../queue/redis/connection.ts"

/** How long a cancelled job stays in Redis: for those who wait for it to see that it was cancelled. */
const keptMs = 10_000

/** Jobs of a lane that were cancelled while a worker had them. Their texts go at once, and what is left of them soon after. */
export class CancelledJobs {
  readonly #redis: RedisConnection
  readonly #queueKey: string
  readonly #timers = new Map<string, NodeJS.Timeout>()

  /** @param queueKey - `<prefix>:<queue>` */
  constructor(redis: RedisConnection, queueKey: string) {
    this.#redis = redis
    this.#queueKey = queueKey
  }

  /** Removes a job's texts from Redis, before it ends. */
  async removeTexts(job: Job<unknown>, { replyTo }: JobData): Promise<void> {
    // Redis may be away, or the job gone: then they are removed with it.
    await job.updateData({ v: 1, texts: [], ...(replyTo !== undefined && { replyTo }) }).catch(() => {})
  }

  /** A cancelled job has ended, as a failed one: it is removed a little later. */
  ended(id: string): void {
    this.#timers.set(id, setTimeout(() => void this.#remove([id]), keptMs).unref())
  }

  /** Removes at once what would be removed later. */
  async close(): Promise<void> {
    if (this.#timers.size > 0) await this.#remove([...this.#timers.keys()])
  }

  async #remove(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      clearTimeout(this.#timers.get(id))
      this.#timers.delete(id)
    }
    // Redis may be away: then the job stays as long as a failed one, without its texts.
    await finishedJobs(this.#redis, this.#queueKey, ids, "drop-failed").catch(() => {})
  }
}
