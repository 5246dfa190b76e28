import type { JobsOptions } from "bullmq"
import { asError, ValenceError } from "../errors.ts"
import type { Lane } from "../labeller.ts"
import type { JobData } from "../queue/jobs/job.ts"
import type { JobQueues } from "../queue/jobs/job-queues.ts"
import { jobName } from "../queue/jobs/names.ts"
import type { RedisHealth } from "../queue/jobs/redis-health.ts"

/** A job on its way to Redis. */
export interface NewJob {
  readonly id: string
  readonly data: JobData
  readonly options: JobsOptions
}

interface Pending {
  readonly job: NewJob
  readonly signal: AbortSignal | undefined
  resolve(): void
  reject(error: Error): void
}

/** Jobs in one transaction, which holds up everybody else: some ms at most. */
const maxJobs = 100
/** Transactions under way: while Redis works on one, the next is written. */
const maxTransactions = 2

/** Thrown when no caller waits for any job of a transaction: an earlier attempt may have added some of them. */
const unwanted = new Error("no job is wanted any more")

function unlessUnwanted(error: unknown): void {
  if (error !== unwanted) throw error
}

/** Adds jobs to a lane's queue, those that come together in one transaction. A job whose id is there is not added again. */
export class JobAdder {
  readonly #queues: JobQueues
  readonly #lane: Lane
  readonly #health: RedisHealth
  #pending: Pending[] = []
  #underWay = 0

  constructor(queues: JobQueues, lane: Lane, health: RedisHealth) {
    this.#queues = queues
    this.#lane = lane
    this.#health = health
  }

  /**
   * Returns when Redis has the job, which may be long after Redis was full, read-only or away; or when the signal aborts:
   * then Redis may have it or not.
   *
   * @throws ValenceError `redis_failed` if Redis refuses the job for a reason that does not pass
   */
  add(job: NewJob, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ job, signal, resolve, reject })
      // Jobs that come in one turn of the event loop go together.
      if (this.#pending.length === 1) setImmediate(() => this.#send())
    })
  }

  #send(): void {
    while (this.#pending.length > 0 && this.#underWay < maxTransactions) {
      const batch = this.#pending.slice(0, maxJobs)
      this.#pending = this.#pending.slice(maxJobs)
      this.#underWay += 1
      void this.#transact(batch)
    }
  }

  async #transact(batch: readonly Pending[]): Promise<void> {
    try {
      await this.#health.untilServed(`add ${this.#lane}`, () => this.#addAll(batch)).catch(unlessUnwanted)
      for (const { resolve } of batch) resolve()
    } catch (error) {
      const cause = asError(error)
      const failed =
        error instanceof ValenceError
          ? error
          : new ValenceError("redis_failed", `Redis must take the job; got ${cause.message}`, { cause })
      for (const { reject } of batch) reject(failed)
    } finally {
      this.#underWay -= 1
      this.#send()
    }
  }

  async #addAll(batch: readonly Pending[]): Promise<void> {
    const wanted = batch.filter(({ signal }) => !signal?.aborted)
    const jobs = wanted.map(({ job: { id, data, options } }) => ({
      name: jobName,
      data,
      opts: { ...options, jobId: id },
    }))
    if (jobs.length === 0) throw unwanted
    await this.#queues.of(this.#lane).addBulk(jobs)
  }
}
