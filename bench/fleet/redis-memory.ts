/**
 * What Redis holds at most during a corpus run through it, and whether that grows with the rows. The worker is a
 * lexicon's, so that the run takes minutes, not an hour; chunks and jobs are those of any run:
 *
 *   npm run bench:redis-memory -- [--rows 1000000]
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { Redis } from "ioredis"
import { runLabel } from "../corpus/run-label.ts"
import { writeCorpus } from "../corpus/write-corpus.ts"
import { commonFlags, printBar, printHead, printTable, showCount, textsFor } from "../harness.ts"
import { startBenchRedis } from "./bench-redis.ts"
import { BenchWorker } from "./start-work.ts"

const { values: flags } = parseArgs({ options: { ...commonFlags, rows: { type: "string", default: "1000000" } } })
const rows = Number(flags.rows)
const folder = await mkdtemp(join(tmpdir(), "valence-bench-"))
try {
  await using redis = await startBenchRedis()
  await using _worker = await BenchWorker.start(redis.url, "--model", "afinn-111")
  printHead(`Memory of Redis during a run of ${showCount(rows)} rows through it`, { texts: flags.texts ?? "generated" })
  const input = join(folder, "corpus.csv")
  await writeCorpus(input, rows, "csv", await textsFor(200_000, flags.texts))

  const connection = new Redis(redis.url)
  const memory = async () => Number(/^used_memory:(\d+)/m.exec(await connection.info("memory"))?.[1]) / 2 ** 20
  const before = await memory()
  const seen: number[] = []
  const timer = setInterval(async () => seen.push(await memory()), 100)
  const { seconds } = await runLabel(input, ["--redis", redis.url])
  clearInterval(timer)
  const after = await memory()
  connection.disconnect()

  const third = Math.ceil(seen.length / 3)
  const most = [0, 1, 2].map(part => Math.max(...seen.slice(part * third, (part + 1) * third)))
  printTable(
    ["MiB", "before", "first third", "second", "last", "after"],
    [["used_memory, at most", ...[before, ...most, after].map(value => value.toFixed(1))]],
  )
  console.log(`${showCount(rows / seconds)} rows/s, ${seen.length} samples`)
  printBar(
    "last third / first third",
    (most[2] as number) / (most[0] as number),
    "<=",
    1.2,
    ((most[2] as number) / (most[0] as number)).toFixed(2),
  )
} finally {
  await rm(folder, { recursive: true })
}
