import { keysOf } from "../queue/jobs/names.ts"
import type { RedisConnection } from "../queue/redis/connection.ts"

/** Reports producers which of their jobs are finished: those of one turn of the event loop in one message each. */
export class Replies {
  readonly #redis: RedisConnection
  readonly #keys: ReturnType<typeof keysOf>
  readonly #pending = new Map<string, string[]>()

  constructor(redis: RedisConnection, prefix: string) {
    this.#redis = redis
    this.#keys = keysOf(prefix)
  }

  /** Says that a job is finished. A message that gets lost costs its producer a poll. */
  send(producer: string, job: string): void {
    const jobs = this.#pending.get(producer)
    if (jobs) jobs.push(job)
    else {
      this.#pending.set(producer, [job])
      if (this.#pending.size === 1) setImmediate(() => this.#flush())
    }
  }

  #flush(): void {
    const pipeline = this.#redis.pipeline()
    for (const [producer, jobs] of this.#pending) pipeline.publish(this.#keys.reply(producer), jobs.join(" "))
    this.#pending.clear()
    pipeline.exec().catch(() => {})
  }
}
