import type { Job, JobJson } from "bullmq"
import { shown, ValenceError } from "../errors.ts"
import { readFailure } from "../queue/jobs/failure.ts"
import { PatientWorker } from "../queue/worker/patient-worker.ts"

/**
 * A worker whose processor gets every job: those too that BullMQ cannot read, which would come back for ever, and
 * those that it would fail by itself, because their workers died too often.
 */
export class EveryJobWorker<Result> extends PatientWorker<unknown, Result> {
  readonly #problems = new WeakMap<Job, ValenceError>()

  /** Why no one can do a job; `undefined` if that is not known beforehand. */
  problemOf(job: Job): ValenceError | undefined {
    return this.#problems.get(job)
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
}
