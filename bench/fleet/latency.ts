/**
 * How long single texts take through Redis, from label() to the result: while nothing else is to be done, and while a
 * bulk run saturates the same worker:
 *
 *   npm run bench latency -- [--samples 200] [--bulk-rows 200000] [--texts FILE]
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { readFlags } from "../../test/read-flags.ts"
import { cliFile, createProducer } from "../built.ts"
import { writeCorpus } from "../corpus/write-corpus.ts"
import {
  commonFlags,
  describeRatio,
  figureRows,
  interleave,
  patienceOf,
  printBar,
  printEnd,
  printHead,
  printTable,
  quantile,
  ratioOf,
  textsFor,
} from "../harness.ts"
import { startBenchRedis } from "./bench-redis.ts"
import { BenchWorker } from "./start-work.ts"

const { values: flags } = readFlags({
  options: {
    ...commonFlags,
    samples: { type: "string", default: "200" },
    "bulk-rows": { type: "string", default: "200000" },
  },
})
const samples = Number(flags.samples)
const texts = await textsFor(20_000, flags.texts)
const folder = await mkdtemp(join(tmpdir(), "valence-bench-"))
const input = join(folder, "bulk.csv")
await writeCorpus(input, Number(flags["bulk-rows"]), "csv", texts)

await using redis = await startBenchRedis()
await using _worker = await BenchWorker.start(redis.url)
await using producer = await createProducer({ redis: redis.url })
printHead(`Single texts through Redis, ${samples} a round, while idle and while a bulk run saturates the worker`, {
  texts: flags.texts ?? "generated",
  model: `${producer.model.name} ${producer.model.dtype}, revision ${producer.model.revision}`,
})

const latencies: Record<"idle" | "busy", number[]> = { idle: [], busy: [] }

/** ms of each of a round's texts, which come one after the other with pauses of 0 to 40 ms. */
async function sample(into: number[]): Promise<number> {
  const round: number[] = []
  for (let index = 0; index < samples; index++) {
    await sleep(Math.random() * 40)
    const start = performance.now()
    await producer.label([texts[(index * 7919) % texts.length] as string])
    round.push(performance.now() - start)
  }
  into.push(...round)
  return quantile(round, 0.99)
}

/** Enough to saturate the worker, texts that come again too, and soon finished when the run is told to stop. */
const underWay = ["--chunk-texts", "64", "--max-chunks", "8", "--no-dedup", "--force"]

/** Labels the corpus through the same worker until it is told to stop. */
function startBulk() {
  const words = [cliFile, "label", input, "-o", join(folder, "out.csv"), "--redis", redis.url, ...underWay]
  return spawn(process.execPath, words, { stdio: "ignore" })
}

const contestants = {
  idle: () => sample(latencies.idle),
  async busy() {
    const bulk = startBulk()
    // Until its jobs fill the worker.
    await sleep(3000)
    const p99 = await sample(latencies.busy)
    if (bulk.exitCode !== null) throw new Error("bulk run must last longer than the round; give it more --bulk-rows")
    const ended = once(bulk, "exit")
    bulk.kill("SIGINT")
    await ended
    return p99
  },
}
try {
  // The bulk run is another process, and not a disturbance.
  const rounds = await interleave(contestants, { ...patienceOf(flags, 5), patienceS: 0 })
  const { idle, busy } = rounds.figures
  const row = (name: string, values: number[]) => [name, ...[0.5, 0.9, 0.99].map(at => quantile(values, at).toFixed(1))]
  printTable(
    ["ms", "p50", "p90", "p99"],
    [row("idle", latencies.idle), row("while a bulk run is under way", latencies.busy)],
  )
  printTable(["p99 of a round, ms", "median", "min", "max"], figureRows({ idle, busy }, 1))
  const ratio = ratioOf(busy, idle)
  printBar("p99 busy / p99 idle", ratio.median, "<=", 4, describeRatio(ratio))
  /** Percentiles 0 to 100, to a hundredth of a ms. */
  const percentiles = (values: readonly number[]) =>
    Array.from({ length: 101 }, (_, index) => Number(quantile(values, index / 100).toFixed(2)))
  const latencyPercentiles = { idle: percentiles(latencies.idle), busy: percentiles(latencies.busy) }
  printEnd({ bench: "latency", ratio, latencyPercentiles }, rounds, flags.json)
} finally {
  await rm(folder, { recursive: true })
}
