import { abortAfter } from "../aborting.ts"
import { asError, isErrorCode, isRetryable, ValenceError } from "../errors.ts"
import type { LabelledText, Labeller, Lane } from "../labeller.ts"
import type { JobData, JobResult } from "../queue/jobs/job.ts"

/** How the labelling of a job ended. */
export type Labelling =
  | {
      readonly outcome: "completed"
      readonly result: JobResult
      readonly failedTexts: number
      readonly tokens: number
    }
  /** The worker drains, and has no time left. */
  | { readonly outcome: "handed_back" }
  /** Dropped; or failed, of something that may pass, or will not. */
  | { readonly outcome: "expired" | "cancelled" | "failed"; readonly error: ValenceError }

/** What can end a job before its texts are labelled. */
export interface JobLimits {
  /** When the job was added, ms since 1970 by the clock of Redis. */
  readonly addedMs: number
  /** When the worker took it, just now, by the same clock: that of this machine may be another. */
  readonly takenMs: number
  /** Ends it: its reason says why. */
  readonly stop: AbortController
}

/** Why a job ends before its texts are labelled: no one wants it, its time is up, or its worker has none left. */
export type StopReason = "cancelled" | "expired" | "handed_back"

/** Labels the texts of a job. Never rejects. */
export async function labelJob(labeller: Labeller, lane: Lane, data: JobData, limits: JobLimits): Promise<Labelling> {
  const startedMs = performance.now()
  const leftMs = data.deadlineMs === undefined ? Infinity : limits.addedMs + data.deadlineMs - limits.takenMs
  if (leftMs <= 0) return dropped("expired", data)
  const { stop } = limits
  using _deadline = abortAfter(stop, leftMs, "expired" satisfies StopReason)
  try {
    const texts = data.texts.map(({ text }) => text)
    const results = await labeller.label(texts, { ...data.options, lane, signal: stop.signal })
    const passing = results.find(({ error }) => error && isRetryable(error.code))?.error
    if (passing) return { outcome: "failed", error: toError(passing) }
    const queueMs = Math.max(0, limits.takenMs - limits.addedMs)
    return completed(labeller, data, results, { queueMs, labelMs: performance.now() - startedMs })
  } catch (error) {
    if (stop.signal.aborted) {
      const reason = stop.signal.reason as StopReason
      return reason === "handed_back" ? { outcome: reason } : dropped(reason, data)
    }
    return { outcome: "failed", error: error instanceof ValenceError ? error : unexpected(error) }
  }
}

function completed(
  { model: { name, revision, dtype } }: Labeller,
  data: JobData,
  results: readonly LabelledText[],
  timings: JobResult["timings"],
): Labelling {
  return {
    outcome: "completed",
    failedTexts: results.filter(({ error }) => error).length,
    tokens: results.reduce((sum, result) => sum + (result.error ? 0 : result.tokens), 0),
    result: { v: 1, model: { name, revision, dtype }, results: withIds(data, results), timings },
  }
}

/** A dropped job fails: its name is free for another try. */
function dropped(outcome: "expired" | "cancelled", { deadlineMs }: JobData): Labelling {
  const message =
    outcome === "expired"
      ? `text must be labelled within ${deadlineMs} ms (deadlineMs); the time has passed`
      : "the job was cancelled"
  return { outcome, error: new ValenceError(outcome, message) }
}

function withIds({ texts }: JobData, results: readonly LabelledText[]): JobResult["results"] {
  return results.map((result, index) => {
    const id = texts[index]?.id
    return id === undefined ? result : { id, ...result }
  })
}

const toError = ({ code, message }: { readonly code: string; readonly message: string }) =>
  new ValenceError(isErrorCode(code) ? code : "job_failed", message)

function unexpected(cause: unknown): ValenceError {
  const { name, message } = asError(cause)
  return new ValenceError("job_failed", `labelling failed: ${name}: ${message}`, { cause })
}
