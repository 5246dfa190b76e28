import { choice, count, type Given, longestTimerMs } from "../declaration.ts"
import type { LabelOptions, Lane } from "../labeller.ts"
import { redisOptions } from "../queue/redis/redis-options.ts"

const priority = count({
  default: undefined,
  min: 1,
  max: 2_097_152,
  unit: "priority",
  noun: "a whole number",
  help: "1 goes before 2; jobs without a priority go first",
})

/** How a producer adds jobs and waits for them. */
export const producerOptions = {
  ...redisOptions,
  priority,
  maxWaitingTexts: count({
    default: 100_000,
    min: 1,
    unit: "texts",
    env: "VALENCE_MAX_WAITING_TEXTS",
    help: "texts of all producers that may wait in Redis per lane before this producer stops adding",
  }),
  whenFull: choice({
    default: "wait",
    choices: ["wait", "reject"],
    unit: "how",
    help: "at that bound: wait until fewer texts wait, or reject (queue_full)",
  }),
  attempts: count({ default: 5, min: 1, max: 1000, unit: "attempts", help: "number of attempts per job" }),
  backoffMs: count({
    default: 1000,
    min: 1,
    max: 3_600_000,
    unit: "ms",
    help: "time before the second attempt; it doubles with each, with jitter",
  }),
  jobTexts: count({ default: 16, min: 1, max: 10_000, unit: "texts", help: "maximum texts in an interactive job" }),
  bulkJobTexts: count({ default: 256, min: 1, max: 10_000, unit: "texts", help: "maximum texts in a bulk job" }),
  pollMs: count({
    default: 2000,
    min: 10,
    max: longestTimerMs,
    unit: "ms",
    help: "how often to check a job without news",
  }),
  workerWaitMs: count({
    default: 10_000,
    min: 0,
    max: longestTimerMs,
    unit: "ms",
    help: "how long to wait for a first worker, which reports the model",
  }),
} as const

/** What a call may choose besides how texts are scored. */
export const addOptions = {
  priority,
  deadlineMs: count({
    default: undefined,
    min: 1,
    max: 2 ** 40,
    unit: "ms",
    help: "a text that has not reached a device by then is dropped (expired)",
  }),
  timeoutMs: count({
    default: undefined,
    min: 1,
    max: longestTimerMs,
    unit: "ms",
    help: "label() rejects after this time, and its jobs are cancelled",
  }),
} as const

/** What `add()` takes. */
export interface AddOptions extends Omit<LabelOptions, "signal" | "onTimings"> {
  /** Drops texts that have not reached a device by then; their result says `expired`. */
  readonly deadlineMs?: number | undefined
  /** 1 goes before 2; jobs without a priority go first. */
  readonly priority?: number | undefined
}

/** What a producer's `label()` takes. */
export interface ProducerLabelOptions extends AddOptions {
  readonly signal?: AbortSignal | undefined
  readonly onTimings?: LabelOptions["onTimings"]
  /** Rejects with `timeout` after this time; the jobs are cancelled. */
  readonly timeoutMs?: number | undefined
}

/** Most texts in a job, by lane. */
export const jobTextsOf = (lane: Lane, options: { readonly jobTexts: number; readonly bulkJobTexts: number }) =>
  lane === "bulk" ? options.bulkJobTexts : options.jobTexts

/** What `createProducer` takes. */
export type ProducerOptions = Given<typeof producerOptions>
