import { Worker as BullWorker, type Job, type JobJson, type WorkerOptions } from "bullmq"
import { asError, shown, ValenceError } from "../errors.ts"
import { readFailure } from "../queue/failure.ts"
import type { RedisHealth } from "../queue/redis-health.ts"
import { refusalOf } from "../queue/refusal.ts"

/** Time between two attempts at what Redis refuses. */
const retryMs = 1000

/**
 * BullMQ's worker, whose processor gets every job: those too that BullMQ cannot read, which would come back for ever, and
 * those that it would fail by itself, because their workers died too often.
 *
 * If Redis refuses to give a job, or to store how one ended, it reports that and tries again. BullMQ would try the first at
 * once and without end, and forget the second.
 */
export class EveryJobWorker<Result> extends BullWorker<unknown, Result> {
  readonly #problems = new WeakMap<Job, ValenceError>()
  readonly #held = new Map<string, string>()
  readonly #health: RedisHealth

  constructor(
    name: string,
    processor: (job: Job<unknown, Result>) => Promise<Result>,
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

  /** Why nobody can do a job; `undefined` where that is not known beforehand. */
  problemOf(job: Job): ValenceError | undefined {
    return this.#problems.get(job)
  }

  override async processJob(...of: Parameters<BullWorker<unknown, Result>["processJob"]>) {
    try {
      return await super.processJob(...of)
    } finally {
      const [{ id = "" }, token] = of
      // The same job may have come again.
      if (this.#held.get(id) === token) this.#held.delete(id)
    }
  }

  protected override async moveToActive(token: string, name?: string): Promise<Job<unknown, Result>> {
    const source = `take ${this.name}`
    try {
      const job = await super.moveToActive(token, name)
      this.#health.served(source)
      return job
    } catch (error) {
      await this.#report(source, error)
      // BullMQ asks again.
      return undefined as unknown as Job<unknown, Result>
    }
  }

  protected override handleCompleted(...of: Parameters<BullWorker<unknown, Result>["handleCompleted"]>) {
    return this.#store(() => super.handleCompleted(...of))
  }

  protected override handleFailed(...of: Parameters<BullWorker<unknown, Result>["handleFailed"]>) {
    return this.#store(() => super.handleFailed(...of))
  }

  protected override createJob({ deferredFailure, ...json }: JobJson, id: string): Job<unknown, Result> {
    try {
      const job = super.createJob(json, id)
      if (deferredFailure !== undefined) this.#problems.set(job, readFailure(deferredFailure))
      return job
    } catch {
      const job = super.createJob({ ...json, data: JSON.stringify(json.data) }, id)
      this.#problems.set(job, new ValenceError("job_invalid", `job must be JSON; got ${shown(json.data)}`))
      return job
    }
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
