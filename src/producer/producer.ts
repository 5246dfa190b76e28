import { randomBytes } from "node:crypto"
import type { Telemetry } from "bullmq"
import { unlessEnded } from "../aborting.ts"
import { requireIds, requireNoMore, requireSignal } from "../check-request.ts"
import { textProblem } from "../check-text.ts"
import type { Complete } from "../declaration.ts"
import { ValenceError } from "../errors.ts"
import type { LabelledText, Labeller, Lane, ModelInfo } from "../labeller.ts"
import { finishedJobs } from "../queue/jobs/finished-jobs.ts"
import { JobQueues } from "../queue/jobs/job-queues.ts"
import { keysOf } from "../queue/jobs/names.ts"
import { RedisHealth } from "../queue/jobs/redis-health.ts"
import { type OpenQueues, openQueues } from "../queue/open-queues.ts"
import type { RedisConnection, RedisTarget } from "../queue/redis/connection.ts"
import { listen } from "../queue/redis/listen.ts"
import { closeRedis } from "../queue/redis/open-redis.ts"
import { Fleet, type WorkerNotice } from "../queue/status/living-fleet.ts"
import type { AwaitedOutcome } from "./awaited-jobs.ts"
import { type Call, checkCall, newJob, type Stop, stopOf } from "./call.ts"
import type { JobStatus } from "./job-status.ts"
import { JobsById } from "./jobs-by-id.ts"
import { JobsUnderWay } from "./jobs-under-way.ts"
import { type AddOptions, jobTextsOf, type ProducerLabelOptions, type producerOptions } from "./options.ts"
import { readOutcome } from "./read-outcome.ts"
import { requireSameJobs } from "./same-jobs.ts"
import { type JobTexts, splitJobs } from "./split-jobs.ts"
import { tellTrouble } from "./tell-trouble.ts"

/** A `Labeller` whose work is done by the workers on Redis; it also adds jobs whose results are collected later. */
export class Producer implements Labeller {
  readonly model: ModelInfo
  readonly isFleet = true
  readonly #settings: Complete<typeof producerOptions>
  readonly #redis: RedisConnection
  readonly #replies: RedisConnection
  readonly #target: RedisTarget
  readonly #queues: JobQueues
  readonly #health: RedisHealth
  readonly #jobs: JobsUnderWay
  readonly #byId: JobsById
  readonly #telemetry: Telemetry | undefined
  readonly #id = randomBytes(9).toString("base64url")
  readonly #underWay = new Set<Promise<unknown>>()
  /** Ids of named calls that did not fit into one job. */
  readonly #jobsOfCalls = new Map<string, readonly string[]>()
  #closing: Promise<void> | undefined

  /**
   * @internal use `createProducer`
   * @param replies - a connection of its own, because it listens
   * @param target - where Redis is
   * @param onNotice - gets a line when the producer begins to wait for Redis, and one when it continues
   */
  constructor(
    model: ModelInfo,
    settings: Complete<typeof producerOptions>,
    redis: RedisConnection,
    replies: RedisConnection,
    target: RedisTarget,
    onNotice: (line: string) => void = () => {},
    telemetry?: Telemetry,
  ) {
    this.#target = target
    this.model = model
    this.#telemetry = telemetry
    this.#settings = settings
    this.#redis = redis
    this.#replies = replies
    this.#queues = new JobQueues(redis, settings.keyPrefix)
    this.#health = new RedisHealth(this.#queues)
    tellTrouble(this.#health, onNotice)
    this.#jobs = new JobsUnderWay(this.#queues, this.#health, settings, this.#id)
    this.#byId = new JobsById(this.#queues, this.#health, this.#jobs, () => this.#requireOpen())
  }

  /** @internal for code that stores something of its own next to the jobs */
  get redis(): RedisConnection {
    return this.#redis
  }

  /** @internal lent to those who take jobs from queues of their own */
  get health(): RedisHealth {
    return this.#health
  }

  /** What all keys begin with. */
  get keyPrefix(): string {
    return this.#settings.keyPrefix
  }

  /**
   * Its queues, to look at and to look after, over a connection of their own.
   *
   * @throws ValenceError `redis_failed`
   */
  openQueues(): Promise<OpenQueues> {
    const { keyPrefix, connectTimeoutMs, redisTimeoutMs, redisCa, redisCert, redisKey } = this.#settings
    const { sentinelUsername, sentinelPassword } = this.#settings
    const reach = { redis: this.#target, connectTimeoutMs, redisTimeoutMs, sentinelUsername, sentinelPassword }
    return openQueues({ ...reach, keyPrefix, redisCa, redisCert, redisKey })
  }

  /** @internal listens for workers' replies */
  async listen(): Promise<void> {
    const { reply } = keysOf(this.#settings.keyPrefix)
    await listen(this.#replies, reply(this.#id), ids => this.#jobs.awaited.heard(ids.split(" ")))
  }

  /**
   * Labels texts in the fleet, and waits for their results.
   *
   * @throws ValenceError `option_invalid`, `job_conflict`, `aborted`, `timeout`, `closed`, `queue_full`, `redis_failed`; what a job failed
   * of; `model_changed` if a model other than the producer's labelled
   */
  label(texts: readonly string[], options: ProducerLabelOptions = {}): Promise<LabelledText[]> {
    return tracked(this.#underWay, this.#label(texts, options))
  }

  /**
   * Adds texts to be labelled, and does not wait: returns the ids of their jobs, in order.
   *
   * With an `id`, the same call again adds nothing. Texts that fit into one job are in the job of that
   * id; more of them are in `id.0`, `id.1` and so on.
   *
   * @throws ValenceError `option_invalid`, `job_conflict` if the `id` is that of other texts or options, `text_invalid` if a text is no string, `closed`, `queue_full`, `redis_failed`
   */
  add(texts: readonly string[], options: AddOptions = {}): Promise<string[]> {
    return tracked(this.#underWay, this.#add(texts, options))
  }

  /**
   * Asks Redis whether it takes jobs now.
   *
   * @param withinMs - how long it may take to answer
   * @returns why it does not; `undefined` if it does
   */
  async problem(withinMs: number, ...more: []): Promise<string | undefined> {
    requireNoMore("problem() takes a time in ms", more)
    this.#requireOpen()
    return this.#health.check(withinMs)
  }

  /** The workers that live. */
  workers(): Promise<WorkerNotice[]> {
    this.#requireOpen()
    return new Fleet(this.#redis, this.#settings.keyPrefix).workers()
  }

  /** Asks for a worker for the next minute: the signal that a fleet scales by is then at least 1. */
  wantWorker(): Promise<void> {
    this.#requireOpen()
    return new Fleet(this.#redis, this.#settings.keyPrefix).want()
  }

  /**
   * The state of a job.
   *
   * @throws ValenceError `closed`; `option_invalid` for the `id` of a call that became several jobs: each has one of its own
   */
  async result(id: string, ...more: []): Promise<JobStatus> {
    requireNoMore("result() takes the id of a job", more)
    return this.#byId.status(id)
  }

  /**
   * Each job's end as it comes, in no particular order; the results stay in Redis as long as workers keep them.
   *
   * @param signal - ends it before all jobs have
   * @throws ValenceError as `result()`
   */
  async *results(ids: Iterable<string>, signal?: AbortSignal, ...more: []): AsyncGenerator<JobStatus, void> {
    requireIds(ids)
    requireSignal("the second argument of results()", signal)
    requireNoMore("results() takes ids and an AbortSignal", more)
    yield* this.#byId.ends(ids, signal)
  }

  /**
   * Cancels a job. One that a worker has is dropped if it has not reached a device.
   *
   * @returns whether it was still waiting or at work
   * @throws ValenceError as `result()`
   */
  async cancel(id: string, ...more: []): Promise<boolean> {
    requireNoMore("cancel() takes the id of a job", more)
    return this.#byId.cancel(id)
  }

  /**
   * Takes jobs back and removes what becomes of them: from now on they are missing, and their texts and results are in Redis no longer
   * than a worker needs to notice.
   *
   * @returns whether any was there
   * @throws ValenceError as `result()`
   */
  async discard(ids: readonly string[], ...more: []): Promise<boolean> {
    requireIds(ids)
    requireNoMore("discard() takes ids", more)
    return (await Promise.all(ids.map(id => this.#byId.discard(id)))).includes(true)
  }

  /** Removes the finished jobs of calls that were given an `id`. */
  async release(ids: readonly string[], ...more: []): Promise<void> {
    requireIds(ids)
    requireNoMore("release() takes ids", more)
    if (this.#closing) return
    const jobs = ids.flatMap(id => this.#jobsOfCalls.get(id) ?? [id])
    for (const id of ids) this.#jobsOfCalls.delete(id)
    await this.#jobs.release(jobs)
  }

  /** Waits for calls of `label()` and `add()` that are under way, then lets go of Redis. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#underWay)
    await this.#jobs.close(new ValenceError("closed", "the producer was closed"))
    this.#health[Symbol.dispose]()
    await this.#queues.close()
    await Promise.all([closeRedis(this.#replies), closeRedis(this.#redis)])
  }

  #requireOpen(): void {
    if (this.#closing) throw new ValenceError("closed", "the producer was closed; it takes no more calls")
  }

  async #label(texts: readonly string[], given: ProducerLabelOptions): Promise<LabelledText[]> {
    this.#requireOpen()
    const call = checkCall("label", texts, given, this.model, this.#settings, this.#telemetry)
    using stop = stopOf(given.signal, call.timeoutMs, () => this.#health.problem)
    stop.signal.throwIfAborted()
    const problems = texts.map(text => textProblem(text, call.empty))
    const sound = texts.filter((_, index) => problems[index] === undefined)
    const jobs = splitJobs(sound, jobTextsOf(call.lane, this.#settings), call.name)
    if (call.name !== undefined && jobs.length > 1)
      this.#jobsOfCalls.set(
        call.name,
        jobs.map(({ id }) => id),
      )
    const labelled = await unlessEnded(this.#labelJobs(jobs, call, stop), stop.signal)
    const results = labelled.flat()[Symbol.iterator]()
    return problems.map(problem =>
      problem ? { error: { code: problem.code, message: problem.message } } : (results.next().value as LabelledText),
    )
  }

  async #labelJobs(jobs: readonly JobTexts[], call: Call, { signal, abort }: Stop): Promise<LabelledText[][]> {
    if (call.name !== undefined) await this.#health.untilServed("drop", () => this.#dropFailed(call.lane, jobs), signal)
    await this.#requireSame(jobs, call, signal)
    const labelOne = async (texts: JobTexts) => this.#checked(texts, await this.#jobs.run(texts, call, signal), call)
    try {
      const labelled = await Promise.all(jobs.map(labelOne))
      // Another call may have taken the id at the same time.
      await this.#requireSame(jobs, call, signal)
      return labelled
    } catch (error) {
      // If one job fails the others are of no use.
      abort(error)
      throw error
    }
  }

  /** @throws ValenceError `job_conflict` if the call's name is that of other texts or options */
  async #requireSame(jobs: readonly JobTexts[], call: Call, signal?: AbortSignal): Promise<void> {
    const { name } = call
    if (name === undefined) return
    const named = jobs.map(job => newJob(job, call, this.#id))
    await this.#health.untilServed("read", () => requireSameJobs(this.#queues, name, named), signal)
  }

  /** A job that failed before would keep the same one from being added again. */
  async #dropFailed(lane: Lane, jobs: readonly JobTexts[]): Promise<void> {
    const ids = jobs.map(({ id }) => id)
    await finishedJobs(this.#redis, this.#queues.keyOf(lane), ids, "drop-failed")
  }

  /** @throws ValenceError what the job failed of; `model_changed` */
  async #checked(job: JobTexts, outcome: AwaitedOutcome, call: Call): Promise<LabelledText[]> {
    try {
      const { results, timings } = readOutcome(job, outcome, this.model)
      if (timings) call.onTimings?.({ queueMs: timings.queueMs, workerMs: timings.labelMs })
      return results
    } catch (error) {
      // What another model said is of no use, not now and not when the call is made again.
      if (call.name !== undefined && (error as ValenceError).code === "model_changed")
        await this.#jobs.release([job.id])
      throw error
    }
  }

  async #add(texts: readonly string[], given: AddOptions): Promise<string[]> {
    this.#requireOpen()
    const call = checkCall("add", texts, given, this.model, this.#settings, this.#telemetry)
    for (const text of texts) {
      const problem = textProblem(text, "label")
      if (problem) throw problem
    }
    const jobs = splitJobs(texts, jobTextsOf(call.lane, this.#settings), call.name)
    // A later reader should get this model's result, even if the workers have changed by then.
    const { revision, dtype } = this.model
    await this.#requireSame(jobs, call)
    await this.#jobs.add(jobs, { ...call, data: { ...call.data, model: { revision, dtype } } })
    // Another call may have taken the id at the same time.
    await this.#requireSame(jobs, call)
    return jobs.map(({ id }) => id)
  }
}

async function tracked<T>(set: Set<Promise<unknown>>, work: Promise<T>): Promise<T> {
  set.add(work)
  try {
    return await work
  } finally {
    set.delete(work)
  }
}
