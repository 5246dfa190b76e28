import type { Job } from "bullmq"
import { ValenceError } from "../../errors.ts"
import type { Lane, ModelInfo } from "../../labeller.ts"
import { finishedJobs } from "../jobs/finished-jobs.ts"
import type { JobQueues } from "../jobs/job-queues.ts"
import { jobName, lanes, queueOf } from "../jobs/names.ts"
import { redisTimeMs } from "../redis/adapt-scripts.ts"
import { addJobWithId } from "./add-job.ts"
import { LetterBox } from "./dead-letter-store.ts"
import { isNestedDeeper } from "./is-nested-deeper.ts"

/** A job that failed for good. */
export interface DeadLetter {
  /** `<queue>.<id of the job>`: one job has at most one letter. */
  readonly id: string
  readonly queue: string
  readonly job: string
  readonly cause: { readonly code: string; readonly message: string }
  /** What the worker labels with; letters of earlier versions do not have it. */
  readonly model?: Pick<ModelInfo, "name" | "revision" | "dtype">
  /** How often it was tried. */
  readonly attempts: number
  /** ms since 1970. */
  readonly failedMs: number
  /** What was added, valid or not. */
  readonly data: unknown
  /** BullMQ's options of the job that `retry` gives back to it. */
  readonly options: { readonly attempts?: number; readonly backoff?: unknown; readonly priority?: number }
}

/** Letters that are retried or dropped at a time. */
const atOnce = 16
/** Data of a job have four levels. Some thousands are too many for those who read or copy them by recursion. */
const mostLevels = 100

/** The dead letters of a prefix. */
export class DeadLetters {
  readonly #queues: JobQueues
  readonly #box: LetterBox

  constructor(queues: JobQueues) {
    this.#queues = queues
    this.#box = new LetterBox(queues.dead, queues.redis)
  }

  /** Lays a job with the dead letters; its letter of an earlier failure gives way. */
  async add(lane: Lane, job: Job, cause: ValenceError, model?: ModelInfo): Promise<void> {
    const { attempts, backoff, priority } = job.opts
    const letter: Omit<DeadLetter, "id"> = {
      queue: queueOf[lane],
      job: job.id ?? "",
      cause: { code: cause.code, message: cause.message },
      ...(model && { model: { name: model.name, revision: model.revision, dtype: model.dtype } }),
      // One that BullMQ has stored as failed already is counted.
      attempts: job.attemptsMade + (job.finishedOn === undefined ? 1 : 0),
      failedMs: await redisTimeMs(this.#queues.redis),
      data: await this.#writable(lane, job),
      options: {
        ...(attempts !== undefined && { attempts }),
        ...(backoff !== undefined && { backoff }),
        ...(priority !== undefined && { priority }),
      },
    }
    await this.#box.put(`${letter.queue}.${letter.job}`, letter)
  }

  /** The data of a job; as text if they are nested deeply. */
  async #writable(lane: Lane, { id, data }: Job): Promise<unknown> {
    if (!isNestedDeeper(data, mostLevels)) return data
    return (await this.#queues.redis.hget(`${this.#queues.keyOf(lane)}:${id}`, "data")) ?? null
  }

  /** How many there are. */
  count(): Promise<number> {
    return this.#box.count()
  }

  /** Ids of all letters, the oldest first. */
  ids(): Promise<string[]> {
    return this.#box.ids(0, Number.MAX_SAFE_INTEGER)
  }

  /** Some of the letters, the oldest first. */
  async list(start = 0, count = 50): Promise<DeadLetter[]> {
    const ids = await this.#box.ids(start, count)
    const texts = await Promise.all(ids.map(id => this.#box.read(id)))
    return texts.flatMap((text, index) => (text === undefined ? [] : [toLetter(ids[index] ?? "", text)]))
  }

  /** One letter; `undefined` if none exists. */
  async find(id: string): Promise<DeadLetter | undefined> {
    const text = await this.#box.read(id)
    return text === undefined ? undefined : toLetter(id, text)
  }

  /**
   * One letter.
   *
   * @throws ValenceError `option_invalid` if none exists
   */
  async show(id: string): Promise<DeadLetter> {
    return toLetter(id, await this.#read(id))
  }

  /**
   * Puts a job back into its queue, with all its attempts before it, and its letter away. A job that is there again
   * already stays as it is.
   *
   * The letter goes last, so that nothing is lost if this is cut short; and it stays if the job has failed again by then.
   *
   * @throws ValenceError `option_invalid` if there is no such letter
   */
  async retry(id: string): Promise<void> {
    const text = await this.#read(id)
    const { queue, job, data, options } = toLetter(id, text)
    const lane = laneOf(queue)
    if (lane === undefined)
      throw new ValenceError("option_invalid", `dead letter ${id} must be of a queue of Valence; got ${queue}`)
    await this.#dropFailed(lane, job)
    const { attempts, backoff, priority } = options
    await addJobWithId(this.#queues.of(lane), jobName, data, job, {
      ...(attempts !== undefined && { attempts }),
      ...(priority !== undefined && { priority }),
      ...(backoff !== undefined && { backoff: backoff as number }),
    })
    await this.#box.remove(id, text)
  }

  /**
   * Removes a letter, and the failed job that it describes.
   *
   * @throws ValenceError `option_invalid` if there is no such letter
   */
  async drop(id: string): Promise<void> {
    const text = await this.#read(id)
    const { queue, job } = toLetter(id, text)
    const lane = laneOf(queue)
    if (lane) await this.#dropFailed(lane, job)
    await this.#box.remove(id, text)
  }

  /**
   * Retries or drops many letters, several at a time.
   *
   * @returns why some were not, such as a missing letter; the others were
   */
  async each(act: "retry" | "drop", ids: readonly string[]): Promise<ValenceError[]> {
    const problems: ValenceError[] = []
    for (let from = 0; from < ids.length; from += atOnce)
      await Promise.all(
        ids.slice(from, from + atOnce).map(async id => {
          try {
            await this[act](id)
          } catch (error) {
            if (!(error instanceof ValenceError)) throw error
            problems.push(error)
          }
        }),
      )
    return problems
  }

  async #read(id: string): Promise<string> {
    const text = await this.#box.read(id)
    if (text !== undefined) return text
    throw new ValenceError("option_invalid", `no dead letter has the id ${id}`)
  }

  /** A failed job would keep the same one from being added. */
  async #dropFailed(lane: Lane, job: string): Promise<void> {
    await finishedJobs(this.#queues.redis, this.#queues.keyOf(lane), [job], "drop-failed")
  }
}

const laneOf = (queue: string) => lanes.find(lane => queueOf[lane] === queue)

function toLetter(id: string, text: string): DeadLetter {
  return { id, ...(JSON.parse(text) as Omit<DeadLetter, "id">) }
}
