import { type Job, type Telemetry, UnrecoverableError, WaitingError } from "bullmq"
import type { Complete } from "../declaration.ts"
import { asError, ValenceError } from "../errors.ts"
import type { JobOutcome, WorkerEmitter } from "../events.ts"
import type { Labeller, Lane } from "../labeller.ts"
import type { DeadLetters } from "../queue/dead/dead-letters.ts"
import { failureText, readFailure } from "../queue/jobs/failure.ts"
import { type JobData, type JobResult, readJob, requireJobModel } from "../queue/jobs/job.ts"
import type { JobQueues } from "../queue/jobs/job-queues.ts"
import { queueOf } from "../queue/jobs/names.ts"
import type { RedisHealth } from "../queue/jobs/redis-health.ts"
import { stopWaiting } from "../queue/worker/close-worker.ts"
import { CancelledJobs } from "./cancelled-jobs.ts"
import { EveryJobWorker } from "./every-job-worker.ts"
import { JobEndings, timesOf } from "./job-endings.ts"
import { labelJob, type StopReason } from "./label-job.ts"
import type { workerOptions } from "./options.ts"
import { readEveryJob, type ScriptBackend } from "./readable-jobs.ts"
import { reclaimJobs } from "./reclaim-jobs.ts"
import type { Replies } from "./replies.ts"

/** What the workers of both lanes share; all of it is lent. */
export interface LaneContext {
  readonly labeller: Labeller
  readonly queues: JobQueues
  readonly health: RedisHealth
  readonly settings: Complete<typeof workerOptions>
  readonly deadLetters: DeadLetters
  readonly replies: Replies
  readonly telemetry?: Telemetry | undefined
  readonly events: WorkerEmitter
}

/** After Redis was away, BullMQ asks again after this time. */
const redisRetryMs = 500

/** Thrown in the place of what a job failed of for good, once its dead letter is there, if it gets one. */
class Ended extends UnrecoverableError {}

/** Takes the jobs of one lane, labels them, and sees to those that fail. */
export class LaneWorker {
  readonly #context: LaneContext
  readonly #lane: Lane
  readonly #worker: EveryJobWorker<JobResult>
  readonly #cancelled: CancelledJobs
  /** Jobs at work, by id. */
  readonly #atWork = new Map<string, AbortController>()
  #handsBack = false
  /** Ends when no more jobs are taken, and those at work are finished. */
  #running: Promise<void> | undefined
  #hasEnded = false
  #stopping: Promise<void> | undefined
  readonly #endings: JobEndings

  constructor(context: LaneContext, lane: Lane, concurrency: number) {
    const { settings, queues, health } = context
    this.#context = context
    this.#lane = lane
    this.#endings = new JobEndings(context.events, lane)
    this.#cancelled = new CancelledJobs(queues.redis, queues.keyOf(lane))
    const options = {
      connection: queues.redis,
      prefix: settings.keyPrefix,
      concurrency,
      lockDuration: settings.lockMs,
      stalledInterval: settings.stalledCheckMs,
      maxStalledCount: settings.maxStalled,
      runRetryDelay: redisRetryMs,
      removeOnComplete: { age: settings.keepResultSeconds, limit: 1000 },
      removeOnFail: { age: settings.keepFailedSeconds, limit: 1000 },
      autorun: false,
      ...(context.telemetry && { telemetry: context.telemetry }),
    }
    this.#worker = new EveryJobWorker<JobResult>(queueOf[lane], job => this.#process(job), options, health)
    readEveryJob(this.#worker.backend as unknown as ScriptBackend)
    health.on("served", this.#reclaim)
    this.#worker.on("completed", job => this.#ended(job, "completed"))
    this.#worker.on("failed", (job, error) => this.#failed(job, error))
    this.#worker.on("stalled", () => context.events.emit("stalled", { lane }))
    this.#worker.on("error", error => this.#erred(error))
  }

  /** Jobs at work. */
  get jobs(): number {
    return this.#atWork.size
  }

  /** Begins to take jobs. */
  async start(): Promise<void> {
    await this.#worker.waitUntilReady()
    this.#running = this.#worker
      .run()
      .catch(() => {})
      .finally(() => {
        this.#hasEnded = true
      })
  }

  /** Takes no more jobs from now on, and returns when those at work are finished and stored, or given back. */
  async stopTaking(): Promise<void> {
    await this.#stopWaiting()
    // BullMQ's loop may wait for a connection to a Cluster that it will not get any more.
    await Promise.race([this.#running, this.#toHoldNothing()])
  }

  /** Gives back running jobs, and later ones. */
  handBack(): void {
    this.#handsBack = true
    for (const id of this.#atWork.keys()) this.#stop(id, "handed_back")
  }

  /** Drops a job, if it is at work here. */
  cancel(id: string): void {
    this.#stop(id, "cancelled")
  }

  /**
   * Lets go of Redis.
   *
   * @param force - without waiting for what is still to be said of jobs
   */
  async close(force: boolean): Promise<void> {
    this.#context.health.off("served", this.#reclaim)
    await this.#stopWaiting()
    await this.#worker.close(force || !this.#hasEnded)
    if (!force) await this.#cancelled.close()
  }

  /** What it would take a lock's time to find if Redis had not been away. */
  readonly #reclaim = (): void => {
    const { queues, settings } = this.#context
    if (this.#handsBack) return
    // What goes wrong here is left to BullMQ's own check.
    reclaimJobs(queues, this.#lane, this.#worker, settings.lockMs).catch(() => {})
  }

  async #toHoldNothing(): Promise<void> {
    // A job that is on its way has arrived when this is answered.
    await this.#context.queues.probe().catch(() => {})
    await new Promise(resolve => setImmediate(resolve))
    await this.#worker.toLetGo()
  }

  async #stopWaiting(): Promise<void> {
    // Before that, its connection may not be there yet.
    if (this.#running) this.#stopping ??= stopWaiting(this.#worker)
    await this.#stopping
  }

  #stop(id: string, reason: StopReason): void {
    this.#atWork.get(id)?.abort(reason)
  }

  async #process(job: Job<unknown>): Promise<JobResult> {
    if (this.#handsBack) return this.#giveBack(job)
    const stop = new AbortController()
    const id = job.id as string
    this.#atWork.set(id, stop)
    try {
      return await this.#label(job, stop)
    } finally {
      this.#atWork.delete(id)
    }
  }

  async #label(job: Job<unknown>, stop: AbortController): Promise<JobResult> {
    const startedMs = performance.now()
    let data: JobData
    try {
      const problem = this.#worker.problemOf(job)
      if (problem) throw problem
      data = readJob(job.data)
      requireJobModel(data, this.#context.labeller.model)
    } catch (thrown) {
      const error = asProblem(thrown)
      this.#endings.note(job, startedMs, { outcome: "dead", error })
      return this.#addDeadLetter(job, error)
    }
    const limits = { ...timesOf(job), stop }
    const labelling = await labelJob(this.#context.labeller, this.#lane, data, limits)
    const texts = data.texts.length
    if (labelling.outcome === "handed_back") return this.#giveBack(job)
    if (labelling.outcome === "completed") {
      const { outcome, failedTexts, tokens } = labelling
      this.#endings.note(job, startedMs, { outcome, texts, failedTexts, tokens })
      return labelling.result
    }
    const { error } = labelling
    if (labelling.outcome !== "failed") {
      if (labelling.outcome === "cancelled") await this.#cancelled.removeTexts(job, data)
      this.#endings.note(job, startedMs, { outcome: labelling.outcome, error, texts })
      throw new Ended(failureText(error))
    }
    const again = error.retryable && job.attemptsMade + 1 < (job.opts.attempts ?? 1)
    this.#endings.note(job, startedMs, { outcome: again ? "retried" : "dead", error, texts })
    if (again) throw new Error(failureText(error))
    return this.#addDeadLetter(job, error)
  }

  /** Back to where it was taken from: the next free worker takes it. */
  async #giveBack(job: Job): Promise<never> {
    await job.moveToWait(job.token)
    this.#endings.tell(job.id, "handed_back")
    throw new WaitingError()
  }

  /** The letter comes before the failure is stored: a worker that dies in between leaves a job that is done again. */
  async #addDeadLetter(job: Job, error: ValenceError): Promise<never> {
    await this.#lay(job, error)
    throw new Ended(failureText(error))
  }

  #lay(job: Job, error: ValenceError): Promise<void> {
    const { deadLetters, labeller } = this.#context
    return deadLetters.add(this.#lane, job, error, labeller.model)
  }

  #failed(job: Job | undefined, error: Error): void {
    if (job === undefined) return
    // What BullMQ fails by itself: such as a job whose result it could not store.
    if (!(error instanceof Ended) && job.finishedOn !== undefined)
      void this.#lay(job, readFailure(error.message)).catch(() => {})
    this.#ended(job, job.finishedOn === undefined ? "retried" : "dead", readFailure(error.message))
  }

  /**
   * Most errors are known elsewhere: the health of Redis reports a connection that is lost, and what is refused to a job.
   * A job whose lock was lost is done again by another worker.
   */
  #erred(error: Error): void {
    this.#context.events.emit("bullmqError", { lane: this.#lane, error })
    this.#endings.tellLost(error)
  }

  /** BullMQ has stored how a job ended. */
  #ended(job: Job, fallback: JobOutcome, error?: ValenceError): void {
    const outcome = this.#endings.ended(job, fallback, error)
    if (outcome === "cancelled") this.#cancelled.ended(job.id as string)
    const replyTo = (job.data as Partial<JobData> | null)?.replyTo
    if (outcome !== "retried" && typeof replyTo === "string" && job.id) this.#context.replies.send(replyTo, job.id)
  }
}

/** Why a job cannot be read. */
function asProblem(error: unknown): ValenceError {
  if (error instanceof ValenceError) return error
  return new ValenceError("job_invalid", `job cannot be read: ${asError(error).message}`, { cause: error })
}
