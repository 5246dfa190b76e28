import type { Job, Queue } from "bullmq"
import { ValenceError } from "../errors.ts"
import type { Lane } from "../labeller.ts"
import { finishedJobs } from "./finished-jobs.ts"
import type { JobQueues } from "./job-queues.ts"
import { jobName, lanes, queueOf } from "./names.ts"

/** A job that failed for good. */
export interface DeadLetter {
  /** `<queue>.<id of the job>`: one job has one letter, however often it is told of. */
  readonly id: string
  readonly queue: string
  readonly job: string
  readonly cause: { readonly code: string; readonly message: string }
  /** How often it was tried. */
  readonly attempts: number
  /** ms since 1970. */
  readonly failedMs: number
  /** What was added, whatever it was. */
  readonly data: unknown
  /** BullMQ's options of the job that `retry` gives back to it. */
  readonly options: { readonly attempts?: number; readonly backoff?: unknown; readonly priority?: number }
}

/** Letters are removed where they are dropped or retried, by nobody else. */
const keptForEver = { removeOnComplete: false, removeOnFail: false } as const

/** The dead letters of a prefix. */
export class DeadLetters {
  readonly #queues: JobQueues

  constructor(queues: JobQueues) {
    this.#queues = queues
  }

  get #queue(): Queue<Omit<DeadLetter, "id">> {
    return this.#queues.dead as Queue<Omit<DeadLetter, "id">>
  }

  /** Lays a job with the dead letters; again for the same job changes nothing. */
  async bury(lane: Lane, job: Job, cause: ValenceError): Promise<void> {
    const { attempts, backoff, priority } = job.opts
    const letter: Omit<DeadLetter, "id"> = {
      queue: queueOf[lane],
      job: job.id ?? "",
      cause: { code: cause.code, message: cause.message },
      attempts: job.attemptsMade + 1,
      failedMs: Date.now(),
      data: job.data,
      options: {
        ...(attempts !== undefined && { attempts }),
        ...(backoff !== undefined && { backoff }),
        ...(priority !== undefined && { priority }),
      },
    }
    await this.#queue.add("dead", letter, { jobId: `${letter.queue}.${letter.job}`, ...keptForEver })
  }

  /** How many there are. */
  count(): Promise<number> {
    return this.#queue.getWaitingCount()
  }

  /** Some of the letters, the oldest first. */
  async list(start = 0, count = 50): Promise<DeadLetter[]> {
    const jobs = await this.#queue.getWaiting(start, start + count - 1)
    return jobs.map(toLetter)
  }

  /**
   * One letter.
   *
   * @throws ValenceError `option_invalid` where there is none
   */
  async show(id: string): Promise<DeadLetter> {
    const job = await this.#queue.getJob(id)
    if (job) return toLetter(job)
    throw new ValenceError("option_invalid", `dead letter must be one that there is; got ${id}`)
  }

  /**
   * Puts a job back into its queue, with all its attempts before it, and its letter away.
   *
   * @throws ValenceError `option_invalid` where there is no such letter
   */
  async retry(id: string): Promise<void> {
    const letter = await this.show(id)
    const lane = lanes.find(known => queueOf[known] === letter.queue)
    if (lane === undefined)
      throw new ValenceError("option_invalid", `dead letter ${id} must be of a queue of Valence; got ${letter.queue}`)
    // Its failed job would keep the new one from being added.
    await finishedJobs(this.#queues.redis, this.#queues.keyOf(lane), [letter.job], "drop-failed")
    const { attempts, backoff, priority } = letter.options
    await this.#queues.of(lane).add(jobName, letter.data, {
      jobId: letter.job,
      ...(attempts !== undefined && { attempts }),
      ...(priority !== undefined && { priority }),
      ...(backoff !== undefined && { backoff: backoff as number }),
    })
    await this.#queue.remove(id)
  }

  /**
   * Throws a letter away, and the failed job that it tells of.
   *
   * @throws ValenceError `option_invalid` where there is no such letter
   */
  async drop(id: string): Promise<void> {
    const letter = await this.show(id)
    const lane = lanes.find(known => queueOf[known] === letter.queue)
    if (lane) await finishedJobs(this.#queues.redis, this.#queues.keyOf(lane), [letter.job], "drop-failed")
    await this.#queue.remove(id)
  }
}

function toLetter(job: Job<Omit<DeadLetter, "id">>): DeadLetter {
  return { id: job.id ?? "", ...job.data }
}
