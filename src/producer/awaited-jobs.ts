import { shown, ValenceError } from "../errors.ts"
import type { Lane } from "../labeller.ts"
import { readFailure } from "../queue/jobs/failure.ts"
import { type FinishedMode, finishedJobs, type Standing } from "../queue/jobs/finished-jobs.ts"
import type { JobResult } from "../queue/jobs/job.ts"
import type { JobQueues } from "../queue/jobs/job-queues.ts"

/** How a job ended. */
export type AwaitedOutcome =
  | { readonly state: "completed"; readonly result: JobResult }
  | { readonly state: "failed"; readonly error: ValenceError }
  /** Redis knows nothing of it (any more). */
  | { readonly state: "missing" }

/** An awaited job. */
export interface AwaitedJob {
  readonly id: string
  readonly lane: Lane
  /** Whether its result is left in Redis when it is read. */
  readonly mode: Extract<FinishedMode, "peek" | "take">
  /** Adds the job once more: Redis lost it. Without it, the outcome is `missing`. */
  readonly addAgain?: (() => Promise<void>) | undefined
  settle(outcome: AwaitedOutcome): void
}

interface Waiting {
  readonly job: AwaitedJob
  /** When it is looked at, unless something is heard of it: `Infinity` while it is being added. */
  lookMs: number
}

/** Jobs that are looked at in one round of the poll, however many are awaited. */
const maxLooks = 500
/** Results that are read in one call: bulk jobs have long ones. */
const readTogether: Readonly<Record<Lane, number>> = { interactive: 100, bulk: 16 }

/**
 * Waits for jobs to be finished. A worker's reply makes it look at once; a reply that got lost costs a poll, because the
 * stored result is the truth.
 */
export class AwaitedJobs {
  readonly #queues: JobQueues
  readonly #pollMs: number
  readonly #waiting = new Map<string, Waiting[]>()
  readonly #due: Readonly<Record<Lane, Set<string>>> = { interactive: new Set(), bulk: new Set() }
  readonly #reading: Record<Lane, boolean> = { interactive: false, bulk: false }
  #timer: NodeJS.Timeout | undefined

  constructor(queues: JobQueues, pollMs: number) {
    this.#queues = queues
    this.#pollMs = pollMs
  }

  /** Jobs that are awaited. */
  get size(): number {
    return this.#waiting.size
  }

  /** Waits for a job, which need not be in Redis yet: `look` once it is. */
  expect(job: AwaitedJob): void {
    const waiting: Waiting = { job, lookMs: Infinity }
    const others = this.#waiting.get(job.id)
    if (others) others.push(waiting)
    else this.#waiting.set(job.id, [waiting])
  }

  /** Reports that a job is in Redis: from now on it is checked every `pollMs`, or at once. */
  added(id: string, atOnce = false): void {
    const now = performance.now()
    // No one waits any more: the call was aborted while the job was being added.
    if (!this.#waiting.has(id)) return
    for (const waiting of this.#waiting.get(id) ?? []) waiting.lookMs = now + this.#pollMs
    this.#timer ??= setInterval(() => this.#poll(), Math.max(10, this.#pollMs / 8))
    if (atOnce) this.heard([id])
  }

  /** No longer waits for a job, as it was given to `expect`. */
  forget(job: AwaitedJob): void {
    const others = this.#waiting.get(job.id)?.filter(waiting => waiting.job !== job) ?? []
    if (others.length > 0) this.#waiting.set(job.id, others)
    else this.#waiting.delete(job.id)
    this.#stopWhenIdle()
  }

  /** A worker says that these jobs are finished. */
  heard(ids: Iterable<string>): void {
    for (const id of ids) {
      const lane = this.#waiting.get(id)?.[0]?.job.lane
      if (lane) this.#due[lane].add(id)
    }
    for (const lane of ["interactive", "bulk"] as const)
      if (!this.#reading[lane] && this.#due[lane].size > 0) {
        this.#reading[lane] = true
        // What is heard in one turn of the event loop is read together.
        setImmediate(() => void this.#readAll(lane))
      }
  }

  /** Fails every awaited job. */
  close(error: ValenceError): void {
    for (const jobs of this.#waiting.values()) for (const { job } of jobs) job.settle({ state: "failed", error })
    this.#waiting.clear()
    this.#stopWhenIdle()
  }

  #poll(): void {
    const now = performance.now()
    const late: string[] = []
    for (const [id, jobs] of this.#waiting) {
      if (!jobs.some(({ lookMs }) => lookMs <= now)) continue
      for (const waiting of jobs) waiting.lookMs = now + this.#pollMs
      late.push(id)
      if (late.length >= maxLooks) break
    }
    this.heard(late)
  }

  async #readAll(lane: Lane): Promise<void> {
    const due = this.#due[lane]
    try {
      while (due.size > 0) {
        const ids = [...due].slice(0, readTogether[lane])
        for (const id of ids) due.delete(id)
        await this.#read(lane, ids)
      }
    } catch {
      // Redis refused, or the connection is closed: the next poll tries again.
    } finally {
      this.#reading[lane] = false
    }
  }

  async #read(lane: Lane, ids: readonly string[]): Promise<void> {
    for (const mode of ["take", "peek"] as const) {
      // One who takes the result reads it for all.
      const isTaken = (id: string) => this.#waiting.get(id)?.some(({ job }) => job.mode === "take") ?? false
      const some = ids.filter(id => this.#waiting.has(id) && isTaken(id) === (mode === "take"))
      if (some.length === 0) continue
      const standings = await finishedJobs(this.#queues.redis, this.#queues.keyOf(lane), some, mode)
      standings.forEach((standing, index) => {
        this.#settle(some[index] as string, standing)
      })
    }
  }

  #settle(id: string, standing: Standing): void {
    const jobs = this.#waiting.get(id)
    if (jobs === undefined || standing.state === "pending") return
    if (standing.state === "discarded") {
      this.#settleDiscarded(jobs)
      return
    }
    const addAgain = jobs.find(({ job }) => job.addAgain)?.job.addAgain
    if (standing.state === "missing" && addAgain) {
      // Redis lost it, for example because it was killed before it wrote its file. It is safe to add it again under the same id.
      for (const waiting of jobs) waiting.lookMs = performance.now() + this.#pollMs
      addAgain().catch(() => {})
      return
    }
    this.#waiting.delete(id)
    this.#stopWhenIdle()
    const outcome = outcomeOf(standing)
    for (const { job } of jobs) job.settle(outcome)
  }

  /** To those who leave its result in Redis, a discarded job is missing; those who remove it wait for its end. */
  #settleDiscarded(jobs: readonly Waiting[]): void {
    for (const { job } of jobs)
      if (job.mode === "peek") {
        this.forget(job)
        job.settle({ state: "missing" })
      }
  }

  #stopWhenIdle(): void {
    if (this.#waiting.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}

/** The outcome of a job that is no longer pending. */
export function outcomeOf(standing: Exclude<Standing, { state: "pending" }>): AwaitedOutcome {
  if (standing.state === "missing" || standing.state === "discarded") return { state: "missing" }
  if (standing.state === "failed") return { state: "failed", error: readFailure(standing.failedReason) }
  try {
    const result = JSON.parse(standing.returnValue) as JobResult | null
    if (Array.isArray(result?.results) && result.model) return { state: "completed", result }
  } catch {
    // As one that is not as it must be.
  }
  const rule = "job's result must be as in schemas/result.schema.json"
  return { state: "failed", error: new ValenceError("job_failed", `${rule}; got ${shown(standing.returnValue)}`) }
}
