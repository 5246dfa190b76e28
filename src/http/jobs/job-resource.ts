import type { LabelledText } from "../../labeller.ts"
import type { JobStatus } from "../../producer/job-status.ts"

type Completed = Extract<JobStatus, { state: "completed" }>

/** A request for labels that is answered later, as `GET /v1/jobs/:id` shows it. */
export interface JobResource {
  readonly id: string
  readonly state: "waiting" | "active" | "completed" | "failed" | "cancelled"
  readonly model?: Completed["model"]
  /** In the order of the texts. */
  readonly results?: readonly LabelledText[]
  /** The longest of each among its jobs. */
  readonly timings?: Completed["timings"]
  readonly error?: { readonly code: string; readonly message: string }
}

/** One resource for the jobs of a request's texts; `undefined` if Redis knows none of them. */
export function jobResource(id: string, jobs: readonly JobStatus[]): JobResource | undefined {
  if (jobs.every(({ state }) => state === "missing")) return undefined
  const failed = jobs.find(job => job.state === "failed")
  if (failed) {
    const { code, message } = failed.error
    return { id, state: code === "cancelled" ? "cancelled" : "failed", error: { code, message } }
  }
  if (jobs.some(({ state }) => state === "missing"))
    return { id, state: "failed", error: { code: "job_lost", message: "a part of the job is no longer in Redis" } }
  const completed = jobs.filter(job => job.state === "completed")
  const [first] = completed
  if (first === undefined || completed.length < jobs.length)
    return { id, state: first || jobs.some(({ state }) => state === "active") ? "active" : "waiting" }
  return {
    id,
    state: "completed",
    model: first.model,
    results: completed.flatMap(({ results }) => results),
    timings: {
      queueMs: Math.max(...completed.map(({ timings }) => timings.queueMs)),
      labelMs: Math.max(...completed.map(({ timings }) => timings.labelMs)),
    },
  }
}

/** Whether nothing more becomes of a job. */
export function jobHasEnded({ state }: JobResource): boolean {
  return state !== "waiting" && state !== "active"
}
