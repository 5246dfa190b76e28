import { Worker as BullWorker, type Job, type WorkerOptions } from "bullmq"
import { asError } from "../../errors.ts"
import type { RedisHealth } from "../jobs/redis-health.ts"
import { refusalOf } from "../redis/refusal.ts"

/** Time between two looks at a delayed job that is due by the clock of this machine alone. */
const lookAgainSeconds = 0.25

/** Longest wait while a job is delayed: by a clock that is after that of Redis, it would be due much later. */
const mostWaitSeconds = 1

/** Time between two attempts at what Redis refuses. */
const retryMs = 1000

/**
 * BullMQ's worker for a Redis that refuses to give a job, or to store how one ended: it reports that and tries again. BullMQ
 * would try the first at once and without end, and forget the second.
 */
export class PatientWorker<Data, Result = void> extends BullWorker<Data, Result> {
  readonly #held = new Map<string, string>()
  readonly #idle: (() => void)[] = []
  readonly #health: RedisHealth
  /** When the delayed job is due that was asked for last. */
  #askedFor = 0

  constructor(
    name: string,
    processor: (job: Job<Data, Result>) => Promise<Result>,
    options: WorkerOptions,
    health: RedisHealth,
  ) {
    super(name, processor, options)
    this.#health = health
    this.on("active", job => this.#held.set(job.id as string, job.token as string))
  }

  /** Jobs that this worker got and has not let go, with the tokens of their locks. */
  get held(): ReadonlyMap<string, string> {
    return this.#held
  }

  /** Returns when it holds no job. */
  async toLetGo(): Promise<void> {
    if (this.#held.size > 0) await new Promise<void>(resolve => this.#idle.push(resolve))
  }

  override async processJob(...of: Parameters<BullWorker<Data, Result>["processJob"]>) {
    try {
      return await super.processJob(...of)
    } finally {
      const [{ id = "" }, token] = of
      // The same job may have come again.
      if (this.#held.get(id) === token) this.#held.delete(id)
      if (this.#held.size === 0) for (const resolve of this.#idle.splice(0)) resolve()
    }
  }

  /** Time, s, for which to wait for a job: until a delayed one is due by the clock of Redis, which may differ from this machine's. */
  protected override getBlockTimeout(blockUntil: number): number {
    const seconds = super.getBlockTimeout(blockUntil)
    if (blockUntil === 0) return seconds
    if (seconds > 0) return Math.min(seconds, mostWaitSeconds)
    // Due by this clock, and not by that of Redis: asked for once already.
    if (blockUntil === this.#askedFor) return lookAgainSeconds
    this.#askedFor = blockUntil
    return seconds
  }

  protected override async moveToActive(token: string, name?: string): Promise<Job<Data, Result>> {
    const source = `take ${this.name}`
    try {
      const job = await super.moveToActive(token, name)
      this.#health.served(source)
      return job
    } catch (error) {
      await this.#report(source, error)
      // BullMQ asks again.
      return undefined as unknown as Job<Data, Result>
    }
  }

  protected override handleCompleted(...of: Parameters<BullWorker<Data, Result>["handleCompleted"]>) {
    return this.#store(() => super.handleCompleted(...of))
  }

  protected override handleFailed(...of: Parameters<BullWorker<Data, Result>["handleFailed"]>) {
    return this.#store(() => super.handleFailed(...of))
  }

  async #store<T>(work: () => Promise<T>): Promise<T> {
    const source = `store ${this.name}`
    for (;;) {
      try {
        const stored = await work()
        this.#health.served(source)
        return stored
      } catch (error) {
        await this.#report(source, error)
        if (this.closing || !refusalOf(error)?.passes) throw error
      }
    }
  }

  /** Reports a refusal, and waits a while; any other error is thrown again. */
  async #report(source: string, error: unknown): Promise<void> {
    if (this.closing || refusalOf(error) === undefined) throw error
    this.#health.refused(source, asError(error))
    await this.delay(retryMs)
  }
}
