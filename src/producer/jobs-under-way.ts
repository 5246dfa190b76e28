import { within } from "../aborting.ts"
import type { Complete } from "../declaration.ts"
import type { ValenceError } from "../errors.ts"
import type { Lane } from "../labeller.ts"
import { finishedJobs } from "../queue/jobs/finished-jobs.ts"
import type { JobQueues } from "../queue/jobs/job-queues.ts"
import { keysOf, lanes } from "../queue/jobs/names.ts"
import type { RedisHealth } from "../queue/jobs/redis-health.ts"
import { type AwaitedJob, AwaitedJobs, type AwaitedOutcome } from "./awaited-jobs.ts"
import { type Call, newJob } from "./call.ts"
import { JobAdder } from "./job-adder.ts"
import type { producerOptions } from "./options.ts"
import { QueueAdmission } from "./queue-admission.ts"
import type { JobTexts } from "./split-jobs.ts"
import { waitingTextsCounter } from "./waiting-texts.ts"

/** How long Redis may take to cancel jobs when a producer is closed. */
const takeBackMs = 2000

/** Takes jobs to Redis and back: admits, adds and awaits them, and cancels unwanted ones. */
export class JobsUnderWay {
  readonly awaited: AwaitedJobs
  readonly #queues: JobQueues
  readonly #replyTo: string
  readonly #lanes: Readonly<Record<Lane, { readonly admission: QueueAdmission; readonly adder: JobAdder }>>
  readonly #takingBack = new Set<Promise<unknown>>()

  /** @param replyTo - whom workers tell that a job is finished */
  constructor(queues: JobQueues, health: RedisHealth, settings: Complete<typeof producerOptions>, replyTo: string) {
    const open = (lane: Lane) => {
      const count = waitingTextsCounter(queues, lane)
      return {
        admission: new QueueAdmission({ ...settings, waitingTexts: () => health.untilServed(`count ${lane}`, count) }),
        adder: new JobAdder(queues, lane, health),
      }
    }
    this.awaited = new AwaitedJobs(queues, settings.pollMs)
    this.#queues = queues
    this.#replyTo = replyTo
    this.#lanes = { interactive: open("interactive"), bulk: open("bulk") }
  }

  /**
   * Adds a call's jobs: all of them, or none.
   *
   * @throws ValenceError `queue_full`, `redis_failed`
   */
  async add(jobs: readonly JobTexts[], call: Call): Promise<void> {
    const added = await Promise.allSettled(jobs.map(job => this.#add(job, call)))
    const failed = added.find(outcome => outcome.status === "rejected")
    if (failed === undefined) return
    jobs.forEach(({ id }, index) => {
      if (added[index]?.status === "fulfilled") void this.#inBackground(this.cancel(call.lane, id))
    })
    throw failed.reason
  }

  /**
   * Adds a job, and waits for its end. When the signal aborts it is cancelled, whether it is in Redis by then or not.
   *
   * @throws ValenceError `queue_full`, `redis_failed`; the signal's reason
   */
  run(texts: JobTexts, call: Call, signal: AbortSignal): Promise<AwaitedOutcome> {
    return new Promise((resolve, reject) => {
      const named = call.name !== undefined
      let isAdded = false
      const job: AwaitedJob = {
        id: texts.id,
        lane: call.lane,
        mode: named ? "peek" : "take",
        addAgain: () => this.#lanes[call.lane].adder.add(newJob(texts, call, this.#replyTo), signal),
        settle(outcome) {
          signal.removeEventListener("abort", abort)
          resolve(outcome)
        },
      }
      const abort = () => {
        this.awaited.forget(job)
        if (isAdded) this.#takeBack(job)
        reject(signal.reason)
      }
      const fail = (error: unknown) => {
        signal.removeEventListener("abort", abort)
        this.awaited.forget(job)
        reject(error)
      }
      if (signal.aborted) return reject(signal.reason)
      signal.addEventListener("abort", abort, { once: true })
      this.awaited.expect(job)
      this.#add(texts, call, signal).then(() => {
        isAdded = true
        if (signal.aborted) this.#takeBack(job)
        // A named job may have been labelled before.
        else this.awaited.added(job.id, named)
      }, fail)
    })
  }

  /** @returns whether the job was still waiting or at work; one that a worker has is dropped if it has not reached a device */
  async cancel(lane: Lane, id: string): Promise<boolean> {
    const [standing] = await finishedJobs(this.#queues.redis, this.#queues.keyOf(lane), [id], "peek")
    if (standing?.state !== "pending") return false
    const removed = await this.#queues.of(lane).remove(id)
    // A worker has it.
    if (removed === 0) await this.#queues.redis.publish(keysOf(this.#queues.prefix).cancel, id)
    return true
  }

  /**
   * Cancels a job and removes its outcome; from now on it is missing.
   *
   * @returns whether it was there
   */
  async discard(lane: Lane, id: string): Promise<boolean> {
    const { redis, prefix } = this.#queues
    const [standing] = await finishedJobs(redis, this.#queues.keyOf(lane), [id], "discard")
    if (standing?.state === "pending" && (await this.#queues.of(lane).remove(id)) === 0) {
      this.#takeWhenFinished(id, lane)
      await redis.publish(keysOf(prefix).cancel, id)
    }
    return standing !== undefined && standing.state !== "missing"
  }

  /** Removes finished jobs. */
  async release(ids: readonly string[]): Promise<void> {
    const drop = (lane: Lane) => finishedJobs(this.#queues.redis, this.#queues.keyOf(lane), ids, "drop")
    await this.#inBackground(Promise.all(lanes.map(drop)))
  }

  /** Waits a little for what is cancelled; then everything that is awaited fails. */
  async close(error: ValenceError): Promise<void> {
    if (this.#takingBack.size > 0) await within(takeBackMs, Promise.allSettled(this.#takingBack))
    this.awaited.close(error)
  }

  async #add(texts: JobTexts, call: Call, signal?: AbortSignal): Promise<void> {
    const { admission, adder } = this.#lanes[call.lane]
    const { length } = texts.texts
    await admission.admit(length, signal)
    try {
      signal?.throwIfAborted()
      await adder.add(newJob(texts, call, this.#replyTo), signal)
    } finally {
      admission.arrived(length)
    }
  }

  /** No one wants a job any more. One whose result no one else can ask for is removed when it is finished. */
  #takeBack({ id, lane, mode }: AwaitedJob): void {
    if (mode === "take") this.#takeWhenFinished(id, lane)
    void this.#inBackground(this.cancel(lane, id))
  }

  #takeWhenFinished(id: string, lane: Lane): void {
    this.awaited.expect({ id, lane, mode: "take", settle() {} })
    this.awaited.added(id)
  }

  #inBackground<T>(work: Promise<T>): Promise<T> {
    const done = work.then(
      () => {},
      () => {},
    )
    this.#takingBack.add(done)
    void done.then(() => this.#takingBack.delete(done))
    return work
  }
}
