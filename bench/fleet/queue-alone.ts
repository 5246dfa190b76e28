/**
 * What the queue carries where labelling costs nothing: texts a second of a worker around a labeller that does nothing,
 * against a bare worker of BullMQ that stores the same results of the same jobs:
 *
 *   npm run bench queue -- [--bulk-texts 1000000] [--single-texts 40000]
 */

import { readFlags } from "../../test/read-flags.ts"
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
import { FullQueue, type QueueLoad } from "./full-queue.ts"

const { values: flags } = readFlags({
  options: {
    ...commonFlags,
    "bulk-texts": { type: "string", default: "1000000" },
    "single-texts": { type: "string", default: "40000" },
  },
})
const texts = await textsFor(20_000, flags.texts)
await using redis = await startBenchRedis()
using queue = new FullQueue(redis.url, texts)

printHead("The queue alone: a labeller that does nothing, against a bare worker of BullMQ", {
  texts: flags.texts ?? "generated",
})
const [bulk, single] = [Number(flags["bulk-texts"]), Number(flags["single-texts"])]
const bulkLoad = { queue: "valence-bulk", total: bulk, textsPerJob: 256, concurrency: 8 } as const
const singleLoad = { queue: "valence", total: single, textsPerJob: 1, concurrency: 512 } as const
const measure = (kind: QueueLoad["kind"], load: Omit<QueueLoad, "kind">) => () => queue.measure({ kind, ...load })
const contestants = {
  bulk: measure("valence", bulkLoad),
  bareBulk: measure("bare", bulkLoad),
  single: measure("valence", singleLoad),
  bareSingle: measure("bare", singleLoad),
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
printEnd({ bench: "queue", bulkRatio, singleRatio }, rounds, flags.json)
