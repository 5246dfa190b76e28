import { randomBytes } from "node:crypto"
import { textProblem } from "../check-text.ts"
import type { Complete } from "../declaration.ts"
import { ValenceError } from "../errors.ts"
import type { LabelledText, Labeller, Lane, ModelInfo } from "../labeller.ts"
import { finishedJobs } from "../queue/finished-jobs.ts"
import type { JobResult } from "../queue/job.ts"
import { JobQueues } from "../queue/job-queues.ts"
import { keysOf, lanes } from "../queue/names.ts"
import { closeRedis, type RedisConnection } from "../queue/open-redis.ts"
import { Admission } from "./admission.ts"
import { type AwaitedJob, AwaitedJobs, type JobOutcome, outcomeOf } from "./awaited-jobs.ts"
import { type Call, checkCall, newJob, type Stop, stopOf } from "./call.ts"
import { JobAdder } from "./job-adder.ts"
import { type JobStatus, statusOf } from "./job-status.ts"
import { type AddOptions, jobTextsOf, type ProducerLabelOptions, type producerOptions } from "./options.ts"
import { type JobTexts, splitJobs } from "./split-jobs.ts"
import { isUnlabelled } from "./unlabelled.ts"
import { waitingTextsCounter } from "./waiting-texts.ts"

/** How long `close()` waits for Redis to forget what was released. */
const releaseMs = 2000

/** A job of a call that is not done yet. */
interface Unfinished {
  readonly job: AwaitedJob
  fail(reason: unknown): void
}

/** A `Labeller` whose work is done by whatever workers listen on Redis; it also adds jobs whose results are collected later. */
export class Producer implements Labeller {
  readonly model: ModelInfo
  readonly #settings: Complete<typeof producerOptions>
  readonly #redis: RedisConnection
  readonly #replies: RedisConnection
  readonly #queues: JobQueues
  readonly #adders: Readonly<Record<Lane, JobAdder>>
  readonly #admission: Admission
  readonly #awaited: AwaitedJobs
  readonly #id = randomBytes(9).toString("base64url")
  readonly #underWay = new Set<Promise<unknown>>()
  readonly #releasing = new Set<Promise<unknown>>()
  /** Of named calls that did not fit into one job. */
  readonly #jobsOfCalls = new Map<string, readonly string[]>()
  #closing: Promise<void> | undefined

  /**
   * @internal use `createProducer`
   * @param replies - a connection of its own, because it listens
   */
  constructor(
    model: ModelInfo,
    settings: Complete<typeof producerOptions>,
    redis: RedisConnection,
    replies: RedisConnection,
  ) {
    this.model = model
    this.#settings = settings
    this.#redis = redis
    this.#replies = replies
    this.#queues = new JobQueues(redis, settings.keyPrefix)
    this.#adders = { interactive: new JobAdder(this.#queues, "interactive"), bulk: new JobAdder(this.#queues, "bulk") }
    this.#awaited = new AwaitedJobs(this.#queues, settings.pollMs)
    this.#admission = new Admission({ ...settings, waitingTexts: waitingTextsCounter(this.#queues) })
  }

  /** @internal listens for workers' replies */
  async listen(): Promise<void> {
    this.#replies.on("message", (_channel: string, ids: string) => this.#awaited.heard(ids.split(" ")))
    await this.#replies.subscribe(keysOf(this.#settings.keyPrefix).reply(this.#id))
  }

  /**
   * Labels texts in the fleet, and waits for their results.
   *
   * @throws ValenceError `option_invalid`, `aborted`, `timeout`, `closed`, `queue_full`, `redis_failed`; what a job failed
   * of; `model_changed` where another model labelled than the producer's
   */
  label(texts: readonly string[], options: ProducerLabelOptions = {}): Promise<LabelledText[]> {
    return tracked(this.#underWay, this.#label(texts, options))
  }

  /**
   * Adds texts to be labelled, and does not wait: gives the ids of the jobs that they lie in, in order.
   *
   * With an `id`, the same call again adds nothing that is there already.
   *
   * @throws ValenceError `option_invalid`, `text_invalid` where a text is no string, `closed`, `queue_full`, `redis_failed`
   */
  add(texts: readonly string[], options: AddOptions = {}): Promise<string[]> {
    return tracked(this.#underWay, this.#add(texts, options))
  }

  /** Where a job stands. */
  async result(id: string): Promise<JobStatus> {
    this.#requireOpen()
    const lane = await this.#laneOf(id)
    if (lane === undefined) return { id, state: "missing" }
    const state = await this.#queues.of(lane).getJobState(id)
    const [standing] = await finishedJobs(this.#redis, this.#queues.keyOf(lane), [id], "peek")
    if (standing && standing.state !== "pending") return statusOf(id, outcomeOf(standing))
    return { id, state: state === "active" ? "active" : "waiting" }
  }

  /** Each job's end as it comes, in no particular order; the results stay in Redis as long as workers keep them. */
  async *results(ids: Iterable<string>): AsyncGenerator<JobStatus, void> {
    this.#requireOpen()
    const wanted = new Map<string, AwaitedJob | undefined>()
    for (const id of ids) wanted.set(id, undefined)
    const arrived: JobStatus[] = []
    let wake = () => {}
    try {
      for (const id of wanted.keys()) {
        const lane = await this.#laneOf(id)
        const settle = (outcome: JobOutcome) => {
          arrived.push(statusOf(id, outcome))
          wake()
        }
        if (lane === undefined) settle({ state: "missing" })
        else {
          const job: AwaitedJob = { id, lane, mode: "peek", settle }
          wanted.set(id, job)
          this.#awaited.expect(job)
          this.#awaited.added(id, true)
        }
      }
      while (wanted.size > 0) {
        while (arrived.length === 0)
          await new Promise<void>(resolve => {
            wake = resolve
          })
        const status = arrived.shift() as JobStatus
        wanted.delete(status.id)
        yield status
      }
    } finally {
      for (const job of wanted.values()) if (job) this.#awaited.forget(job)
    }
  }

  /**
   * Takes a job back. One that a worker has is dropped where it has not reached a device.
   *
   * @returns whether it was still waiting or at work
   */
  async cancel(id: string): Promise<boolean> {
    this.#requireOpen()
    const lane = await this.#laneOf(id)
    if (lane === undefined) return false
    const [standing] = await finishedJobs(this.#redis, this.#queues.keyOf(lane), [id], "peek")
    if (standing?.state !== "pending") return false
    const removed = await this.#queues.of(lane).remove(id)
    // A worker has it.
    if (removed === 0) await this.#redis.publish(keysOf(this.#settings.keyPrefix).cancel, id)
    return true
  }

  /** Removes the finished jobs of calls that were given an `id`. */
  async release(ids: readonly string[]): Promise<void> {
    const jobs = ids.flatMap(id => this.#jobsOfCalls.get(id) ?? [id])
    for (const id of ids) this.#jobsOfCalls.delete(id)
    const drop = (lane: Lane) => finishedJobs(this.#redis, this.#queues.keyOf(lane), jobs, "drop")
    await tracked(this.#releasing, Promise.all(lanes.map(drop)))
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
    const late = new Promise(resolve => setTimeout(resolve, releaseMs).unref())
    if (this.#releasing.size > 0) await Promise.race([Promise.allSettled(this.#releasing), late])
    this.#awaited.close(new ValenceError("closed", "the producer was closed"))
    await this.#queues.close()
    await Promise.all([closeRedis(this.#replies), closeRedis(this.#redis)])
  }

  #requireOpen(): void {
    if (this.#closing) throw new ValenceError("closed", "the producer was closed; it takes no more calls")
  }

  async #label(texts: readonly string[], given: ProducerLabelOptions): Promise<LabelledText[]> {
    this.#requireOpen()
    const call = checkCall(texts, given, this.model, this.#settings)
    using stop = stopOf(given.signal, call.timeoutMs)
    stop.signal.throwIfAborted()
    const problems = texts.map(textProblem)
    const sound = texts.filter((_, index) => problems[index] === undefined)
    const jobs = splitJobs(sound, jobTextsOf(call.lane, this.#settings), call.name)
    if (call.name !== undefined) {
      if (jobs.length > 1)
        this.#jobsOfCalls.set(
          call.name,
          jobs.map(({ id }) => id),
        )
      await this.#dropUnlabelled(call.lane, jobs)
    }
    const labelled = await this.#labelJobs(jobs, call, stop)
    const results = labelled.flat()[Symbol.iterator]()
    return problems.map(problem =>
      problem ? { error: { code: problem.code, message: problem.message } } : (results.next().value as LabelledText),
    )
  }

  /** A job that failed before, or was taken back, would keep the same one from being added again. */
  async #dropUnlabelled(lane: Lane, jobs: readonly JobTexts[]): Promise<void> {
    const ids = jobs.map(({ id }) => id)
    const standings = await finishedJobs(this.#redis, this.#queues.keyOf(lane), ids, "peek")
    const unlabelled = ids.filter((_, index) => isUnlabelled(standings[index]))
    await finishedJobs(this.#redis, this.#queues.keyOf(lane), unlabelled, "drop")
  }

  async #labelJobs(jobs: readonly JobTexts[], call: Call, { signal, abort }: Stop): Promise<LabelledText[][]> {
    const unfinished = new Set<Unfinished>()
    const takeBack = () => {
      for (const { job, fail } of unfinished) {
        this.#awaited.forget(job)
        this.cancel(job.id).catch(() => {})
        fail(signal.reason)
      }
    }
    signal.addEventListener("abort", takeBack, { once: true })
    const labelOne = async (texts: JobTexts) => {
      await this.#admission.admit(texts.texts.length, signal)
      signal.throwIfAborted()
      let one: Unfinished | undefined
      const outcome = await new Promise<JobOutcome>((resolve, reject) => {
        one = { job: this.#await(texts, call, resolve, reject), fail: reject }
        unfinished.add(one)
      }).finally(() => one && unfinished.delete(one))
      return this.#checked(texts, outcome, call)
    }
    try {
      return await Promise.all(jobs.map(labelOne))
    } catch (error) {
      // Where one job fails the others are of no use.
      abort(error)
      throw error
    }
  }

  /** Adds a job, and waits for its end. */
  #await(
    texts: JobTexts,
    call: Call,
    settle: (outcome: JobOutcome) => void,
    fail: (error: unknown) => void,
  ): AwaitedJob {
    const addAgain = () => this.#adders[call.lane].add(newJob(texts, call, this.#id))
    const named = call.name !== undefined
    const job: AwaitedJob = { id: texts.id, lane: call.lane, mode: named ? "peek" : "take", addAgain, settle }
    this.#awaited.expect(job)
    addAgain().then(
      // A named job may have been labelled before.
      () => this.#awaited.added(job.id, named),
      (error: unknown) => {
        this.#awaited.forget(job)
        fail(error)
      },
    )
    return job
  }

  /** @throws ValenceError what the job failed of; `model_changed` */
  async #checked({ id, texts }: JobTexts, outcome: JobOutcome, call: Call): Promise<LabelledText[]> {
    if (outcome.state === "failed") throw outcome.error
    if (outcome.state === "missing") throw new ValenceError("job_lost", `job ${id} must be in Redis; it is gone`)
    const { model, results } = outcome.result
    if (results.length !== texts.length)
      throw new ValenceError("job_failed", `job ${id} must have ${texts.length} results; got ${results.length}`)
    if (sameModel(model, this.model)) return [...results]
    // What another model said is of no use, not now and not when the call is made again.
    if (call.name !== undefined) await this.release([id])
    const [was, is] = [this.model, model].map(({ name, revision, dtype }) => `${name} ${dtype} ${revision}`)
    const rule = `workers must label with ${was}, the model when the producer began`
    throw new ValenceError("model_changed", `${rule}; job ${id} was labelled with ${is}`)
  }

  async #add(texts: readonly string[], given: AddOptions): Promise<string[]> {
    this.#requireOpen()
    const call = checkCall(texts, given, this.model, this.#settings)
    for (const text of texts) {
      const problem = textProblem(text)
      if (problem) throw problem
    }
    const jobs = splitJobs(texts, jobTextsOf(call.lane, this.#settings), call.name)
    const addOne = async (job: JobTexts) => {
      await this.#admission.admit(job.texts.length)
      await this.#adders[call.lane].add(newJob(job, call, this.#id))
    }
    await Promise.all(jobs.map(addOne))
    return jobs.map(({ id }) => id)
  }

  async #laneOf(id: string): Promise<Lane | undefined> {
    for (const lane of lanes) if ((await this.#redis.exists(`${this.#queues.keyOf(lane)}:${id}`)) > 0) return lane
    return undefined
  }
}

const sameModel = (one: JobResult["model"], other: JobResult["model"]) =>
  one.revision === other.revision && one.dtype === other.dtype

async function tracked<T>(set: Set<Promise<unknown>>, work: Promise<T>): Promise<T> {
  set.add(work)
  try {
    return await work
  } finally {
    set.delete(work)
  }
}
