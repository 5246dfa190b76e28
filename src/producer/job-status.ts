import type { ValenceError } from "../errors.ts"
import type { LabelledText } from "../labeller.ts"
import type { JobResult } from "../queue/jobs/job.ts"
import type { AwaitedOutcome } from "./awaited-jobs.ts"

/** Where a job stands, and how its texts were labelled if it is completed. */
export type JobStatus =
  /** `missing` where Redis does not know it (any more). */
  | { readonly id: string; readonly state: "waiting" | "active" | "missing" }
  | {
      readonly id: string
      readonly state: "completed"
      readonly results: readonly LabelledText[]
      readonly model: JobResult["model"]
      readonly timings: JobResult["timings"]
    }
  | { readonly id: string; readonly state: "failed"; readonly error: ValenceError }

/** The status of a job that has ended. */
export function statusOf(id: string, outcome: AwaitedOutcome): JobStatus {
  if (outcome.state !== "completed") return { id, ...outcome }
  const { results, model, timings } = outcome.result
  return { id, state: "completed", results, model, timings }
}
