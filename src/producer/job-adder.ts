import type { JobsOptions } from "bullmq"
import { asError, ValenceError } from "../errors.ts"
import type { Lane } from "../labeller.ts"
import type { JobData } from "../queue/job.ts"
import type { JobQueues } from "../queue/job-queues.ts"
import { jobName } from "../queue/names.ts"

/** A job on its way to Redis. */
export interface NewJob {
  readonly id: string
  readonly data: JobData
  readonly options: JobsOptions
}

interface Pending {
  readonly job: NewJob
  resolve(): void
  reject(error: Error): void
}

/** Jobs in one transaction, which holds up everybody else: some ms at most. */
const maxJobs = 100
/** Transactions under way: while Redis works on one, the next is written. */
const maxTransactions = 2

/**
 * What ioredis calls the end of a connection that had answered some of the commands that were sent together: it sends
 * none of them again. Those that had no answer at all it does, and a connection that was closed for good is called otherwise.
 */
const cutOff = "AbortError"

/** Adds jobs to a lane's queue, those that come together in one transaction. A job whose id is there is not added again. */
export class JobAdder {
  readonly #queues: JobQueues
  readonly #lane: Lane
  #pending: Pending[] = []
  #underWay = 0

  constructor(queues: JobQueues, lane: Lane) {
    this.#queues = queues
    this.#lane = lane
  }

  /**
   * Returns when Redis has the job.
   *
   * @throws ValenceError `redis_failed` where Redis refuses it: it is out of memory, say
   */
  add(job: NewJob): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ job, resolve, reject })
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
      await this.#addAll(batch)
      for (const { resolve } of batch) resolve()
    } catch (error) {
      const cause = asError(error)
      const failed = new ValenceError("redis_failed", `redis must take the job; got ${cause.message}`, { cause })
      for (const { reject } of batch) reject(failed)
    } finally {
      this.#underWay -= 1
      this.#send()
    }
  }

  async #addAll(batch: readonly Pending[]): Promise<void> {
    const jobs = batch.map(({ job: { id, data, options } }) => ({
      name: jobName,
      data,
      opts: { ...options, jobId: id },
    }))
    for (;;) {
      try {
        await this.#queues.of(this.#lane).addBulk(jobs)
        return
      } catch (error) {
        if (asError(error).name !== cutOff) throw error
      }
    }
  }
}
