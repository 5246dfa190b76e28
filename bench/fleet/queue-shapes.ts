/**
 * How what the queue carries depends on the texts in a job, on the jobs that a worker is at, and on the number of workers,
 * where labelling costs nothing:
 *
 *   npm run bench queue-shapes -- [--jobs 8000]
 */

import { readFlags } from "../../test/read-flags.ts"
import {
  commonFlags,
  interleave,
  median,
  patienceOf,
  printEnd,
  printHead,
  printTable,
  showCount,
  textsFor,
} from "../harness.ts"
import { startBenchRedis } from "./bench-redis.ts"
import { FullQueue, type QueueLoad } from "./full-queue.ts"

const mostTexts = 400_000
const textsPerJob = [1, 8, 32, 128, 256, 512]
const concurrencies = [1, 2, 8, 32, 128, 512]
const workers = [1, 2]

const { values: flags } = readFlags({ options: { ...commonFlags, jobs: { type: "string", default: "8000" } } })
const jobs = Number(flags.jobs)
const texts = await textsFor(20_000, flags.texts)
await using redis = await startBenchRedis()
using queue = new FullQueue(redis.url, texts)

const bulk = (textsPerJob: number, more: Partial<QueueLoad> = {}) => {
  const total = Math.min(mostTexts, jobs * textsPerJob)
  return () => queue.measure({ kind: "valence", queue: "valence-bulk", total, textsPerJob, concurrency: 8, ...more })
}
const single = (more: Partial<QueueLoad>) => () =>
  queue.measure({ kind: "valence", queue: "valence", total: jobs, textsPerJob: 1, concurrency: 512, ...more })
const contestants: Record<string, () => Promise<number>> = Object.fromEntries([
  ...textsPerJob.map(count => [`texts per job ${count}`, bulk(count)]),
  ...concurrencies.map(concurrency => [`concurrency ${concurrency}`, single({ concurrency })]),
  ...workers.map(count => [`workers ${count}, bulk`, bulk(256, { workers: count })]),
  ...workers.map(count => [`workers ${count}, single`, single({ workers: count })]),
])
printHead("The queue alone by the shape of its jobs", { texts: flags.texts ?? "generated" })
const rounds = await interleave(contestants, { ...patienceOf(flags, 3), warmUpRounds: 0 })
const rate = (name: string) => median(rounds.figures[name] ?? [])
const tell = (title: string, names: readonly string[]) =>
  printTable(
    [title, "texts/s"],
    names.map(name => [name, showCount(rate(name))]),
  )
tell(
  "bulk jobs, 8 at a time",
  textsPerJob.map(count => `texts per job ${count}`),
)
tell(
  "single texts, one worker",
  concurrencies.map(count => `concurrency ${count}`),
)
tell(
  "workers, each a process",
  workers.flatMap(count => [`workers ${count}, bulk`, `workers ${count}, single`]),
)
const shapes = Object.keys(contestants).map(name => ({ name, textsPerSecond: rate(name) }))
printEnd({ bench: "queue-shapes", shapes }, rounds, flags.json)
