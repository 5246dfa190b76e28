import type { Standing } from "../queue/finished-jobs.ts"
import { outcomeOf } from "./awaited-jobs.ts"

const isDropped = (code: string) => code === "cancelled" || code === "expired"

/** Whether a job has ended without its texts having been labelled: nothing that the same call could be answered with later. */
export function isUnlabelled(standing: Standing | undefined): boolean {
  if (standing?.state === "failed") return true
  if (standing?.state !== "completed") return false
  const outcome = outcomeOf(standing)
  return outcome.state !== "completed" || outcome.result.results.some(({ error }) => error && isDropped(error.code))
}
