import { shown, ValenceError } from "../errors.ts"
import type { Lane } from "../labeller.ts"
import { finishedJobs } from "../queue/jobs/finished-jobs.ts"
import type { JobQueues } from "../queue/jobs/job-queues.ts"
import { lanes } from "../queue/jobs/names.ts"
import type { RedisHealth } from "../queue/jobs/redis-health.ts"
import { type AwaitedJob, type AwaitedOutcome, outcomeOf } from "./awaited-jobs.ts"
import { type JobStatus, statusOf } from "./job-status.ts"
import type { JobsUnderWay } from "./jobs-under-way.ts"
import { nthJobId } from "./split-jobs.ts"

/** Jobs by their ids, added by any producer. */
export class JobsById {
  readonly #queues: JobQueues
  readonly #health: RedisHealth
  readonly #jobs: JobsUnderWay
  readonly #requireOpen: () => void

  /** @param requireOpen - throws if the producer was closed */
  constructor(queues: JobQueues, health: RedisHealth, jobs: JobsUnderWay, requireOpen: () => void) {
    this.#queues = queues
    this.#health = health
    this.#jobs = jobs
    this.#requireOpen = requireOpen
  }

  /** The state of a job. */
  async status(id: string): Promise<JobStatus> {
    this.#requireOpen()
    return this.#health.untilServed("read", () => this.#status(id))
  }

  async #status(id: string): Promise<JobStatus> {
    const lane = await this.#laneOf(id)
    if (lane === undefined) return { id, state: "missing" }
    const state = await this.#queues.of(lane).getJobState(id)
    const [standing] = await finishedJobs(this.#queues.redis, this.#queues.keyOf(lane), [id], "peek")
    if (standing && standing.state !== "pending") return statusOf(id, outcomeOf(standing))
    return { id, state: state === "active" ? "active" : "waiting" }
  }

  /**
   * Each job's end as it comes, in no particular order.
   *
   * @param signal - ends it before all jobs have
   */
  async *ends(ids: Iterable<string>, signal?: AbortSignal): AsyncGenerator<JobStatus, void> {
    this.#requireOpen()
    const lanesById = new Map(
      await this.#health.untilServed(
        "read",
        () => Promise.all([...new Set(ids)].map(async id => [id, await this.#laneOf(id)] as const)),
        signal,
      ),
    )
    const wanted = new Map<string, AwaitedJob | undefined>()
    const arrived: JobStatus[] = []
    let wake = () => {}
    const expect = (id: string, lane: Lane | undefined) => {
      const settle = (outcome: AwaitedOutcome) => {
        arrived.push(statusOf(id, outcome))
        wake()
      }
      const job: AwaitedJob | undefined = lane && { id, lane, mode: "peek", settle }
      wanted.set(id, job)
      if (job === undefined) return settle({ state: "missing" })
      this.#jobs.awaited.expect(job)
      this.#jobs.awaited.added(id, true)
    }
    const stop = () => wake()
    signal?.addEventListener("abort", stop)
    try {
      for (const [id, lane] of lanesById) expect(id, lane)
      while (wanted.size > 0) {
        while (arrived.length === 0 && !signal?.aborted)
          await new Promise<void>(resolve => {
            wake = resolve
          })
        const status = arrived.shift()
        if (status === undefined) return
        // What was awaited when the producer was closed has failed of that.
        if (status.state === "failed") this.#requireOpen()
        wanted.delete(status.id)
        yield status
      }
    } finally {
      signal?.removeEventListener("abort", stop)
      for (const job of wanted.values()) if (job) this.#jobs.awaited.forget(job)
    }
  }

  /** Cancels a job; gives whether it was still waiting or at work. */
  async cancel(id: string): Promise<boolean> {
    this.#requireOpen()
    return this.#health.untilServed("cancel", async () => {
      const lane = await this.#laneOf(id)
      return lane === undefined ? false : this.#jobs.cancel(lane, id)
    })
  }

  /** Cancels a job and removes what becomes of it; gives whether it was there. */
  async discard(id: string): Promise<boolean> {
    this.#requireOpen()
    const lane = await this.#laneOf(id)
    return lane === undefined ? false : this.#jobs.discard(lane, id)
  }

  /** @throws ValenceError `option_invalid` if several jobs have ids that begin with this one */
  async #laneOf(id: string): Promise<Lane | undefined> {
    const known = (lane: Lane, job: string) => this.#queues.redis.exists(`${this.#queues.keyOf(lane)}:${job}`)
    for (const lane of lanes) if (await known(lane, id)) return lane
    const first = nthJobId(id, 0)
    for (const lane of lanes)
      if (await known(lane, first)) {
        const rule = `id must be one that add() returned; ${shown(id)} became several jobs, the first of them`
        throw new ValenceError("option_invalid", `${rule} ${first}`)
      }
    return undefined
  }
}
