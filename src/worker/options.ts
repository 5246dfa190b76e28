import { count, type Given, longestTimerMs } from "../declaration.ts"
import { redisOptions } from "../queue/redis/redis-options.ts"

/** How a worker takes jobs, and how long what it leaves after is kept. */
export const workerOptions = {
  ...redisOptions,
  concurrency: count({
    default: undefined,
    min: 1,
    max: 10_000,
    unit: "jobs",
    env: "VALENCE_CONCURRENCY",
    help: "interactive jobs in progress at a time (default: enough to fill micro-batches)",
  }),
  bulkConcurrency: count({
    default: undefined,
    min: 1,
    max: 10_000,
    unit: "jobs",
    env: "VALENCE_BULK_CONCURRENCY",
    help: "bulk jobs in progress at a time (default: enough to fill micro-batches with texts of similar length)",
  }),
  drainSeconds: count({
    default: 30,
    min: 0,
    max: 86_400,
    unit: "seconds",
    env: "VALENCE_DRAIN_SECONDS",
    help: "how long running jobs may take to finish after SIGTERM; then they are given back",
  }),
  lockMs: count({
    default: 30_000,
    min: 100,
    max: longestTimerMs,
    unit: "ms",
    help: "a job returns to the queue if its worker has not renewed its lock for this long",
  }),
  stalledCheckMs: count({
    default: 15_000,
    min: 50,
    max: longestTimerMs,
    unit: "ms",
    help: "how often workers look for jobs with an expired lock",
  }),
  maxStalled: count({
    default: 10,
    min: 0,
    max: 1_000_000,
    unit: "times",
    help: "a job becomes a dead letter after this many of its workers died",
  }),
  keepResultSeconds: count({
    default: 3600,
    min: 1,
    unit: "seconds",
    env: "VALENCE_KEEP_RESULT_SECONDS",
    help: "how long uncollected results stay in Redis",
  }),
  keepFailedSeconds: count({
    default: 604_800,
    min: 1,
    unit: "seconds",
    env: "VALENCE_KEEP_FAILED_SECONDS",
    help: "how long failed jobs stay in Redis; dead letters stay until they are dropped",
  }),
} as const

/** What `createWorker` takes. */
export type WorkerOptions = Given<typeof workerOptions>
