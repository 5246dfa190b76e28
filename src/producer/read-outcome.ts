import { ValenceError } from "../errors.ts"
import type { LabelledText, ModelInfo } from "../labeller.ts"
import type { JobResult } from "../queue/jobs/job.ts"
import type { AwaitedOutcome } from "./awaited-jobs.ts"
import type { JobTexts } from "./split-jobs.ts"

/**
 * The results of a job's texts, in order; of one that expired, that each of them did.
 *
 * @param model - the producer's, with which all must be labelled
 * @throws ValenceError what the job failed of; `job_lost`; `job_failed`; `model_changed` if another model labelled it
 */
export function readOutcome(
  { id, texts }: JobTexts,
  outcome: AwaitedOutcome,
  model: ModelInfo,
): { readonly results: LabelledText[]; readonly timings?: JobResult["timings"] } {
  if (outcome.state === "failed" && outcome.error.code === "expired") {
    const { code, message } = outcome.error
    return { results: texts.map(() => ({ error: { code, message } })) }
  }
  if (outcome.state === "failed") throw outcome.error
  if (outcome.state === "missing") throw new ValenceError("job_lost", `job ${id} is no longer in Redis`)
  const { model: by, results, timings } = outcome.result
  if (results.length !== texts.length)
    throw new ValenceError("job_failed", `job ${id} must have ${texts.length} results; got ${results.length}`)
  if (by.revision === model.revision && by.dtype === model.dtype) return { results: [...results], timings }
  const [was, is] = [model, by].map(({ name, revision, dtype }) => `${name} ${dtype} ${revision}`)
  const rule = `workers must label with ${was}, the model when the producer began`
  throw new ValenceError("model_changed", `${rule}; job ${id} was labelled with ${is}`)
}
