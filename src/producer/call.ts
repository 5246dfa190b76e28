import { setMaxListeners } from "node:events"
import type { JobsOptions, Telemetry } from "bullmq"
import { requireKnown, requireObject, requireSignal } from "../check-request.ts"
import { chosenPositions } from "../chosen-labels.ts"
import { type Complete, completeOptions } from "../declaration.ts"
import { shown, ValenceError } from "../errors.ts"
import type { EmptyText, LabelOptions, Lane, ModelInfo } from "../labeller.ts"
import { completeCall, completeLengths, labelOptions, scoreOptions } from "../options.ts"
import type { JobData } from "../queue/jobs/job.ts"
import type { NewJob } from "./job-adder.ts"
import { addOptions, type ProducerLabelOptions, type producerOptions } from "./options.ts"
import { contentsMark } from "./same-jobs.ts"
import type { JobTexts } from "./split-jobs.ts"

/** A call of `label()` or `add()`, checked, with what its jobs have in common. */
export interface Call {
  readonly lane: Lane
  /** Results of a named call are kept until they are released, and earlier results are reused. */
  readonly name: string | undefined
  readonly empty: EmptyText
  readonly timeoutMs: number | undefined
  readonly onTimings: LabelOptions["onTimings"]
  readonly data: Pick<JobData, "options" | "deadlineMs" | "model">
  readonly jobOptions: JobsOptions
}

/** What each method takes as its options. */
const takenBy = (() => {
  const { timeoutMs, ...added } = addOptions
  const add = { ...labelOptions, id: true, ...added }
  return { add, label: { ...add, timeoutMs, signal: true, onTimings: true } }
})()

/**
 * Checks a call.
 *
 * @param method - the method that was called
 *
 * @throws ValenceError `option_invalid`
 */
export function checkCall(
  method: "add" | "label",
  texts: readonly string[],
  given: ProducerLabelOptions,
  model: ModelInfo,
  settings: Complete<typeof producerOptions>,
  telemetry?: Telemetry,
): Call {
  requireObject(given, "options")
  requireKnown(given, takenBy[method])
  const { priority, deadlineMs, timeoutMs, signal, onTimings, ...labelling } = given
  requireSignal("signal", signal)
  if (onTimings !== undefined && typeof onTimings !== "function")
    throw new ValenceError("option_invalid", `onTimings must be a function; got ${shown(onTimings)}`)
  const { lane, ...options } = completeCall(texts, labelling)
  const chosen = completeOptions(addOptions, { priority, deadlineMs, timeoutMs })
  completeLengths(options, model)
  chosenPositions(options.labels, model)
  const first = chosen.priority ?? settings.priority
  return {
    lane,
    name: given.id,
    empty: options.empty,
    timeoutMs: chosen.timeoutMs,
    onTimings,
    data: {
      ...jobOptionsOf(options),
      ...(chosen.deadlineMs !== undefined && { deadlineMs: chosen.deadlineMs }),
    },
    jobOptions: {
      attempts: settings.attempts,
      backoff: { type: "exponential", delay: settings.backoffMs, jitter: 0.5 },
      ...(first !== undefined && { priority: first }),
      ...(telemetry && { telemetry: { metadata: traceOf(telemetry) } }),
    },
  }
}

/** The caller's trace, as the worker's BullMQ reads it. */
const traceOf = ({ contextManager }: Telemetry) => contextManager.getMetadata(contextManager.active())

/** What a job says of how its texts are scored: what is not as it would be anyway. */
function jobOptionsOf(options: Complete<typeof scoreOptions>): Pick<JobData, "options"> {
  const names = Object.keys(scoreOptions) as (keyof typeof scoreOptions)[]
  const chosen = names.filter(name => options[name] !== scoreOptions[name].default)
  return chosen.length === 0 ? {} : { options: Object.fromEntries(chosen.map(name => [name, options[name]])) }
}

/** One of a call's jobs, as it is added. */
export function newJob({ id, texts }: JobTexts, { name, data, jobOptions }: Call, replyTo: string): NewJob {
  const whole: JobData = { v: 1, texts: texts.map(text => ({ text })), ...data, replyTo }
  return { id, data: whole, options: name === undefined ? jobOptions : { ...jobOptions, ...contentsMark(whole) } }
}

/** Why a call ends before its results are there. */
export interface Stop extends Disposable {
  readonly signal: AbortSignal
  /** Ends what is left of the call. */
  abort(reason: unknown): void
}

/**
 * Ends a call when its signal aborts, or its time is up, with what it rejects with then.
 *
 * @param problem - what is wrong with Redis, if anything is: the reason why the time did not suffice
 */
export function stopOf(
  signal: AbortSignal | undefined,
  timeoutMs: number | undefined,
  problem: () => string | undefined,
): Stop {
  const stop = new AbortController()
  // Each of the call's jobs listens.
  setMaxListeners(0, stop.signal)
  const abort = () => stop.abort(new ValenceError("aborted", "labelling was aborted", { cause: signal?.reason }))
  const expire = () => {
    const rule = `label() must end within ${timeoutMs} ms (timeoutMs)`
    stop.abort(new ValenceError("timeout", [rule, problem()].filter(Boolean).join("; ")))
  }
  const timer = timeoutMs === undefined ? undefined : setTimeout(expire, timeoutMs)
  if (signal?.aborted) abort()
  else signal?.addEventListener("abort", abort, { once: true })
  return {
    signal: stop.signal,
    abort: reason => stop.abort(reason),
    [Symbol.dispose]() {
      clearTimeout(timer)
      signal?.removeEventListener("abort", abort)
    },
  }
}
