import { randomBytes } from "node:crypto"
import { hostname } from "node:os"
import type { Telemetry } from "bullmq"
import { within } from "../aborting.ts"
import type { Complete } from "../declaration.ts"
import { ValenceError } from "../errors.ts"
import { WorkerEmitter } from "../events.ts"
import type { DeviceFacts, Labeller } from "../labeller.ts"
import { DeadLetters } from "../queue/dead/dead-letters.ts"
import { JobQueues } from "../queue/jobs/job-queues.ts"
import { keysOf, lanes } from "../queue/jobs/names.ts"
import { RedisHealth } from "../queue/jobs/redis-health.ts"
import type { RedisConnection, RedisTarget } from "../queue/redis/connection.ts"
import { listen } from "../queue/redis/listen.ts"
import { closeRedis } from "../queue/redis/open-redis.ts"
import { Fleet } from "../queue/status/living-fleet.ts"
import { Capacity } from "./capacity.ts"
import { type Concurrency, sizeConcurrency } from "./concurrency.ts"
import { Heartbeat } from "./heartbeat.ts"
import { type LaneContext, LaneWorker } from "./lane-worker.ts"
import type { WorkerOptions, workerOptions } from "./options.ts"
import { Replies } from "./replies.ts"
import { requireRights } from "./require-rights.ts"

/** The parts of a worker. */
export interface WorkerRequest {
  /** Labels the texts; lent: it is not closed. */
  readonly labeller: Labeller
  /** A URL, or a connection of ioredis, of which copies are made; default: as the options say. */
  readonly redis?: RedisTarget | undefined
  readonly options?: WorkerOptions
  /** Receives all events; the labeller's belong here too. */
  readonly events?: WorkerEmitter
  /** BullMQ's, such as that of bullmq-otel: a job is a span in the trace of its producer. */
  readonly telemetry?: Telemetry | undefined
  /** Called with problems of a Redis that works. */
  readonly onWarning?: (warning: string) => void
}

/**
 * What became of the jobs at work when a worker drained: all were finished; some were given back; or some were left, because
 * Redis is away: they go back when their locks run out.
 */
export type DrainOutcome = "drained" | "handed_back" | "left"

/** The device with the largest micro-batches; `undefined` without devices. */
const largestOf = (devices: readonly DeviceFacts[]) =>
  devices.toSorted((a, b) => b.maxBatchTokens - a.maxBatchTokens)[0]

/** A text that any model has a label for: a worker that gives none is not ready. */
const canary = "Good morning"

/** How long Redis may take to answer whether it does its work. */
const answerMs = 1000
/** How long Redis may take for the last words of a worker. */
const lastWordsMs = 5000

/**
 * Takes jobs from both queues and labels them.
 *
 * It is **starting** until a canary text went through the labeller; **taking** jobs until it is drained, or its devices are
 * lost; **draining** until no job is at work, or the time for that has passed and the rest was given back; then **closed**.
 */
export class Worker implements AsyncDisposable {
  readonly events: WorkerEmitter
  /** What it labels on: the devices' names, or a lexicon's dtype. */
  readonly device: string
  /** Jobs at work at a time, by lane: by how many devices the labeller has, and how large their micro-batches are. */
  readonly concurrency: Concurrency
  readonly #settings: Complete<typeof workerOptions>
  readonly #redis: RedisConnection
  readonly #queues: JobQueues
  readonly #fleet: Fleet
  readonly #health: RedisHealth
  readonly #rounds: Heartbeat
  readonly #labeller: Labeller
  readonly #id = randomBytes(9).toString("base64url")
  readonly #handBack = new AbortController()
  readonly #laneWorkers: LaneWorker[] = []
  #cancels: RedisConnection | undefined
  #mode: "starting" | "taking" | "draining" | "closed" = "starting"
  #devicesLost = false
  #draining: Promise<DrainOutcome> | undefined

  /** @internal use `createWorker` */
  constructor(
    request: WorkerRequest,
    settings: Complete<typeof workerOptions>,
    redis: RedisConnection,
    startedMs: number,
  ) {
    const { labeller, events = new WorkerEmitter() } = request
    const devices = labeller.devices ?? []
    const children = devices.reduce((sum, device) => sum + device.children, 0) || 1
    const sized = sizeConcurrency(children, largestOf(devices))
    this.device = devices.map(({ device }) => device).join(",") || labeller.model.dtype
    this.events = events
    this.#settings = settings
    this.#redis = redis
    this.#labeller = labeller
    this.#queues = new JobQueues(redis, settings.keyPrefix)
    this.#fleet = new Fleet(redis, settings.keyPrefix)
    this.#health = new RedisHealth(this.#queues)
    this.#health.on("trouble", trouble => events.emit("redisAway", trouble))
    this.#health.on("well", awayMs => events.emit("redisBack", { awayMs }))
    this.#rounds = new Heartbeat({
      queues: this.#queues,
      fleet: this.#fleet,
      health: this.#health,
      events,
      settings,
      capacity: new Capacity(events, children),
      worker: {
        id: this.#id,
        host: hostname(),
        pid: process.pid,
        model: labeller.model,
        device: this.device,
        startedMs,
      },
    })
    this.concurrency = {
      interactive: settings.concurrency ?? sized.interactive,
      bulk: settings.bulkConcurrency ?? sized.bulk,
    }
    const context: LaneContext = {
      labeller,
      queues: this.#queues,
      health: this.#health,
      settings,
      deadLetters: new DeadLetters(this.#queues),
      replies: new Replies(redis, settings.keyPrefix),
      telemetry: request.telemetry,
      events,
    }
    for (const lane of lanes) this.#laneWorkers.push(new LaneWorker(context, lane, this.concurrency[lane]))
    events.on("devicesLost", () => {
      this.#devicesLost = true
    })
    this.#handBack.signal.addEventListener("abort", () => {
      for (const worker of this.#laneWorkers) worker.handBack()
    })
  }

  /** @internal begins to take jobs, once the canary has a label */
  async start(cancels: RedisConnection, onWarning: WorkerRequest["onWarning"]): Promise<void> {
    this.#cancels = cancels
    const [result] = await this.#labeller.label([canary])
    if (result?.error)
      throw new ValenceError("device_failed", `canary text must get a label; got ${result.error.message}`)
    await listen(cancels, keysOf(this.#settings.keyPrefix).cancel, id => {
      for (const worker of this.#laneWorkers) worker.cancel(id)
    })
    await requireRights(this.#health)
    if (this.#health.problem === undefined) {
      await this.#warnOfOthers(onWarning)
      await this.#rounds.announce()
    }
    for (const worker of this.#laneWorkers) await worker.start()
    this.#mode = "taking"
    this.#rounds.start()
  }

  /** Whether it takes jobs now, as far as it knows: Redis gives them, the canary had a label, and it does not drain. */
  get ready(): boolean {
    return this.#mode === "taking" && this.#health.problem === undefined && !this.#devicesLost
  }

  /** Why it is not ready. */
  get state(): string {
    if (this.#devicesLost) return "no device is left"
    return (this.#mode === "taking" ? this.#health.problem : undefined) ?? this.#mode
  }

  /**
   * Asks Redis whether it gives jobs now.
   *
   * @returns why the worker is not ready; `undefined` if it is
   */
  async problem(): Promise<string | undefined> {
    if (!this.ready) return this.state
    const problem = await this.#health.check(answerMs)
    return this.ready ? problem : this.state
  }

  /** Jobs at work. */
  get jobs(): number {
    return this.#laneWorkers.reduce((jobs, worker) => jobs + worker.jobs, 0)
  }

  /**
   * Takes no more jobs and finishes those at work; what is not finished within `drainSeconds`, or when the signal aborts,
   * goes back to its queue at once.
   *
   * @returns what became of the jobs at work
   */
  drain(hurry?: AbortSignal): Promise<DrainOutcome> {
    this.#draining ??= this.#drain()
    if (hurry?.aborted) this.#handBack.abort()
    hurry?.addEventListener("abort", () => this.#handBack.abort(), { once: true })
    return this.#draining
  }

  /** Drains, and lets go of Redis. */
  async close(): Promise<void> {
    const outcome = await this.drain()
    if (this.#mode === "closed") return
    this.#mode = "closed"
    const force = outcome !== "drained" || this.#health.problem !== undefined
    await within(lastWordsMs, Promise.all(this.#laneWorkers.map(worker => worker.close(force))))
    if (this.#health.problem === undefined) await within(lastWordsMs, this.#fleet.leave(this.#id))
    this.#health[Symbol.dispose]()
    await within(lastWordsMs, this.#queues.close())
    await Promise.all([this.#redis, this.#cancels].map(redis => redis && within(lastWordsMs, closeRedis(redis))))
    this.#redis.disconnect()
    this.#cancels?.disconnect()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Workers of one key prefix take each other's jobs. */
  async #warnOfOthers(onWarning: WorkerRequest["onWarning"]): Promise<void> {
    const { name, revision, dtype } = this.#labeller.model
    const workers = await this.#fleet.workers()
    const other = workers.find(({ model }) => model.revision !== revision || model.dtype !== dtype)?.model
    if (other === undefined) return
    const { keyPrefix } = this.#settings
    const [others, own] = [other, { name, revision, dtype }].map(
      model => `${model.name} ${model.dtype} ${model.revision}`,
    )
    onWarning?.(
      `workers with key prefix ${keyPrefix} label with ${others}, and this one with ${own}: give each model a prefix`,
    )
  }

  async #drain(): Promise<DrainOutcome> {
    this.#mode = "draining"
    this.#rounds.stop()
    const timer = setTimeout(() => this.#handBack.abort(), this.#settings.drainSeconds * 1000)
    const handedBack = new Promise<void>(resolve => {
      this.#handBack.signal.addEventListener("abort", () => resolve(), { once: true })
    })
    const idle = Promise.all(this.#laneWorkers.map(worker => worker.stopTaking()))
    // A worker without a job at work has nothing to tell a Redis that does not listen.
    if (this.#health.problem === undefined || this.jobs > 0) await Promise.race([idle, handedBack])
    clearTimeout(timer)
    if (!this.#handBack.signal.aborted) return "drained"
    if (this.#health.problem !== undefined) return "left"
    await within(lastWordsMs, idle)
    return "handed_back"
  }
}
