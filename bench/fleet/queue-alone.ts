/**
 * What the queue carries where labelling costs nothing: texts a second of a worker around a labeller that does nothing,
 * against a bare worker of BullMQ that stores the same results of the same jobs:
 *
 *   npm run bench:queue -- [--bulk-texts 1000000] [--single-texts 40000]
 */
import { fork } from "node:child_process"
import { once } from "node:events"
import { parseArgs } from "node:util"
import { Queue } from "bullmq"
import { Redis } from "ioredis"
import {
  commonFlags,
  describeRatio,
  figureRows,
  interleave,
  median,
  patienceOf,
  printBar,
  printEnd,
  printHead,
  printTable,
  ratioOf,
  showCount,
  textsFor,
} from "../harness.ts"
import { startBenchRedis } from "./bench-redis.ts"

const { values: flags } = parseArgs({
  options: {
    ...commonFlags,
    "bulk-texts": { type: "string", default: "1000000" },
    "single-texts": { type: "string", default: "40000" },
  },
})
const prefix = "{valence}"
const transactionJobs = 200
const texts = await textsFor(20_000, flags.texts)

await using redis = await startBenchRedis()
const connection = new Redis(redis.url, { maxRetriesPerRequest: null })

/** Lays jobs into an empty queue. */
async function fill(name: string, total: number, textsPerJob: number): Promise<void> {
  await connection.flushall()
  const queue = new Queue(name, { connection, prefix, streams: { events: { maxLen: 100 } } })
  for (let from = 0; from < total; ) {
    const jobs = []
    for (; jobs.length < transactionJobs && from < total; from += textsPerJob) {
      const some = Array.from({ length: Math.min(textsPerJob, total - from) }, (_, index) => ({
        text: texts[(from + index) % texts.length] as string,
      }))
      jobs.push({ name: "label", data: { v: 1, texts: some }, opts: { attempts: 5 } })
    }
    await queue.addBulk(jobs)
  }
  await queue.close()
}

/** Texts a second of a worker in a process of its own, over a queue that is full when it begins. */
async function measure(kind: string, queue: string, total: number, textsPerJob: number, concurrency: number) {
  await fill(queue, total, textsPerJob)
  const words = ["--kind", kind, "--redis", redis.url, "--queue", queue]
  const child = fork(new URL("./queue-worker.ts", import.meta.url), [
    ...words,
    "--concurrency",
    `${concurrency}`,
    "--texts",
    `${total}`,
  ])
  const exited = once(child, "exit")
  const [{ textsPerSecond }] = (await once(child, "message")) as [{ textsPerSecond: number }]
  await exited
  return textsPerSecond
}

printHead("The queue alone: a labeller that does nothing, against a bare worker of BullMQ", {
  texts: flags.texts ?? "generated",
})
const [bulk, single] = [Number(flags["bulk-texts"]), Number(flags["single-texts"])]
const contestants = {
  bulk: () => measure("valence", "valence-bulk", bulk, 256, 8),
  bareBulk: () => measure("bare", "valence-bulk", bulk, 256, 8),
  single: () => measure("valence", "valence", single, 1, 512),
  bareSingle: () => measure("bare", "valence", single, 1, 512),
}
const rounds = await interleave(contestants, patienceOf(flags, 5))
const { bulk: bulkRates, bareBulk, single: singleRates, bareSingle } = rounds.figures
printTable(
  ["texts/s", "median", "min", "max"],
  figureRows({
    "bulk, 256 texts a job": bulkRates,
    "bulk, bare BullMQ": bareBulk,
    "single texts": singleRates,
    "single texts, bare BullMQ": bareSingle,
  }),
)
const [bulkRatio, singleRatio] = [ratioOf(bulkRates, bareBulk), ratioOf(singleRates, bareSingle)]
printBar("bulk texts/s", median(bulkRates), ">=", 250_000, showCount(median(bulkRates)))
printBar("bulk / bare", bulkRatio.median, ">=", 0.8, describeRatio(bulkRatio))
printBar("single texts/s", median(singleRates), ">=", 15_000, showCount(median(singleRates)))
printBar("single / bare", singleRatio.median, ">=", 0.8, describeRatio(singleRatio))
connection.disconnect()
printEnd({ bench: "queue", bulkRatio, singleRatio }, rounds, flags.json)
