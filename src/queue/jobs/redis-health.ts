import { EventEmitter } from "node:events"
import { setTimeout as wait } from "node:timers/promises"
import { within } from "../../aborting.ts"
import { asError, ValenceError } from "../../errors.ts"
import { type RedisConnection, refusedEvent } from "../redis/connection.ts"
import { describeTrouble, isCutOff, type RedisTrouble, refusalOf } from "../redis/refusal.ts"
import type { JobQueues } from "./job-queues.ts"

/** What a health reports. */
export interface HealthEvents {
  /** Trouble began, or is of another kind now: once for each kind until all is well. */
  trouble: [RedisTrouble]
  /** All trouble is over. */
  well: [troubleMs: number]
  /** Commands go through again after a connection was lost, even if that was too short to be called trouble. */
  served: []
}

/** Time between two questions whether Redis does its work again. */
const askEveryMs = 1000
/** How long an answer may take before a Cluster counts as away: its failovers close none of its own connections. */
const graceMs = 1000
const retryMs = 500
const cutOffRetryMs = 100

/** The source of trouble with the connection itself. */
const connection = "connection"

/**
 * Knows whether Redis is there and does its work.
 *
 * Trouble has sources. That of the connection begins when it closes or leaves a former master, and is over when a script
 * of BullMQ runs. Other callers of Redis report what it refuses, and when it accepts again.
 */
export class RedisHealth extends EventEmitter<HealthEvents> implements Disposable {
  readonly #queues: JobQueues
  readonly #redis: RedisConnection
  readonly #troubles = new Map<string, RedisTrouble>()
  readonly #reported = new Set<string>()
  #sinceMs = 0
  #lastError: Error | undefined
  #looking: Promise<void> | undefined
  #asking: Promise<Error | undefined> | undefined
  #disposed = false

  /** @param queues - of the connection to watch */
  constructor(queues: JobQueues) {
    super()
    this.#queues = queues
    this.#redis = queues.redis
    for (const [event, listener] of Object.entries(this.#listeners)) this.#redis.on(event, listener)
  }

  /** What is wrong, in a few words; `undefined` if all is well as far as is known. */
  get problem(): string | undefined {
    const [trouble] = this.#troubles.values()
    return trouble && (trouble.refuses ? describeTrouble(trouble) : "redis is away")
  }

  [Symbol.dispose](): void {
    this.#disposed = true
    for (const [event, listener] of Object.entries(this.#listeners)) this.#redis.off(event, listener)
  }

  /**
   * Asks Redis now, and waits for its answer.
   *
   * @returns what is wrong
   */
  async check(withinMs: number): Promise<string | undefined> {
    if (this.problem !== undefined) return this.problem
    const answer = await this.#ask(withinMs)
    if (answer instanceof Error && refusalOf(answer)) this.#refusesConnection(answer)
    return this.problem ?? (answer === "served" ? undefined : "redis does not answer")
  }

  /** Notes that Redis refused something. */
  refused(source: string, error: Error): void {
    this.#begin(source, { refuses: true, error })
  }

  /** Notes that Redis does what it refused before. */
  served(source: string): void {
    if (!this.#troubles.delete(source) || this.#troubles.size > 0) return
    this.#reported.clear()
    this.emit("well", performance.now() - this.#sinceMs)
  }

  /**
   * Does something with Redis again and again, as long as it fails of what passes: the connection was lost, Redis is full,
   * read-only, or loads its data.
   *
   * @param source - what is done, to report it: each has trouble of its own
   * @throws ValenceError `redis_failed` if Redis refuses it for a reason that does not pass; what else the work throws; the
   * signal's reason
   */
  async untilServed<T>(source: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    for (;;) {
      try {
        const result = await work()
        this.served(source)
        return result
      } catch (thrown) {
        const error = asError(thrown)
        const refusal = refusalOf(error)
        const ended = this.#disposed || this.#redis.status === "end"
        if (refusal && (ended || !refusal.passes))
          throw new ValenceError("redis_failed", `redis refused: ${refusal.reason}`, { cause: error })
        if (refusal) this.refused(source, error)
        else if (ended || !isCutOff(error)) throw thrown
        await wait(refusal ? retryMs : cutOffRetryMs, undefined, signal && { signal }).catch(() => {})
        signal?.throwIfAborted()
      }
    }
  }

  readonly #look = (): void => {
    this.#looking ??= this.#lookUntilServed().finally(() => {
      this.#looking = undefined
    })
  }

  readonly #listeners: Readonly<Record<string, (error: Error) => void>> = {
    error: error => {
      this.#lastError = error
    },
    close: () => {
      // A connection that leaves a former master closes, too.
      if (!this.#troubles.get(connection)?.refuses) this.#begin(connection, { refuses: false, error: this.#lastError })
    },
    ready: this.#look,
    // One of a Cluster's.
    "-node": this.#look,
    [refusedEvent]: error => this.#refusesConnection(error),
  }

  #refusesConnection(error: Error): void {
    this.refused(connection, error)
    this.#look()
  }

  #begin(source: string, trouble: RedisTrouble): void {
    if (this.#troubles.size === 0) this.#sinceMs = performance.now()
    this.#troubles.set(source, trouble)
    const kind = trouble.refuses ? (refusalOf(trouble.error)?.code ?? "") : "away"
    if (this.#reported.has(kind)) return
    this.#reported.add(kind)
    this.emit("trouble", trouble)
  }

  async #lookUntilServed(): Promise<void> {
    for (;;) {
      const answer = await this.#ask(graceMs)
      if (this.#disposed) return
      if (answer === "served") break
      if (answer instanceof Error && refusalOf(answer)) this.refused(connection, answer)
      if (answer === "late" && this.#redis.isCluster && !this.#troubles.has(connection))
        this.#begin(connection, { refuses: false, error: undefined })
      if (answer !== "late") await wait(askEveryMs, undefined, { ref: false })
    }
    this.#lastError = undefined
    this.served(connection)
    this.emit("served")
  }

  /** Runs one of BullMQ's scripts, one at a time: Redis may keep the answer to itself until it is served again. */
  async #ask(withinMs: number): Promise<"served" | "late" | Error> {
    this.#asking ??= this.#queues
      .probe()
      .then(() => undefined, asError)
      .finally(() => {
        this.#asking = undefined
      })
    let answer: "served" | "late" | Error = "late"
    const asked = this.#asking.then(error => {
      answer = error ?? "served"
    })
    await within(withinMs, asked)
    return answer
  }
}
