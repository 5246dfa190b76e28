import { count, type Given, longestTimerMs } from "../declaration.ts"
import { redisOptions } from "../queue/redis/redis-options.ts"

/** How a worker takes jobs, and how long what it leaves behind is kept. */
export const workerOptions = {
  ...redisOptions,
  concurrency: count({
    default: undefined,
    min: 1,
    max: 10_000,
    unit: "jobs",
    env: "VALENCE_CONCURRENCY",
    help: "interactive jobs at work at a time (default: so many that micro-batches fill)",
  }),
  bulkConcurrency: count({
    default: undefined,
    min: 1,
    max: 10_000,
    unit: "jobs",
    env: "VALENCE_BULK_CONCURRENCY",
    help: "bulk jobs at work at a time (default: so many that micro-batches fill with texts of like length)",
  }),
  drainSeconds: count({
    default: 30,
    min: 0,
    max: 86_400,
    unit: "seconds",
    env: "VALENCE_DRAIN_SECONDS",
    help: "how long jobs at work may take to end after SIGTERM; then they are given back",
  }),
  lockMs: count({
    default: 30_000,
    min: 100,
    max: longestTimerMs,
    unit: "ms",
    help: "a job whose worker has not renewed its lock for so long goes back to the queue",
  }),
  stalledCheckMs: count({
    default: 15_000,
    min: 50,
    max: longestTimerMs,
    unit: "ms",
    help: "how often workers look for jobs whose lock ran out",
  }),
  maxStalled: count({
    default: 10,
    min: 0,
    max: 1_000_000,
    unit: "times",
    help: "a job that took so many workers down with it goes to the dead letters",
  }),
  keepResultSeconds: count({
    default: 3600,
    min: 1,
    unit: "seconds",
    env: "VALENCE_KEEP_RESULT_SECONDS",
    help: "how long results stay in Redis that nobody took",
  }),
  keepFailedSeconds: count({
    default: 604_800,
    min: 1,
    unit: "seconds",
    env: "VALENCE_KEEP_FAILED_SECONDS",
    help: "how long failed jobs stay in Redis; their dead letters stay until they are dropped",
  }),
} as const

/** What `createWorker` takes. */
export type WorkerOptions = Given<typeof workerOptions>
