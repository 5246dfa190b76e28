/**
 * What Redis holds at most during a corpus run through it, and whether that grows with the rows. The worker is a
 * lexicon's, so that the run takes minutes, not an hour; chunks and jobs are those of any run:
 *
 *   npm run bench redis-memory -- [--rows 1000000]
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Redis } from "ioredis"
import { readFlags } from "../../test/read-flags.ts"
import { runLabel } from "../corpus/run-label.ts"
import { writeCorpus } from "../corpus/write-corpus.ts"
import { commonFlags, machine, median, printBar, printHead, printTable, showCount, textsFor } from "../harness.ts"
import { startBenchRedis } from "./bench-redis.ts"
import { BenchWorker } from "./start-work.ts"

const { values: flags } = readFlags({ options: { ...commonFlags, rows: { type: "string", default: "1000000" } } })
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
  const { seconds } = await runLabel(input, ["--redis", redis.url, "--no-dedup"])
  clearInterval(timer)
  const after = await memory()
  connection.disconnect()

  const third = Math.ceil(seen.length / 3)
  const thirds = [0, 1, 2].map(part => seen.slice(part * third, (part + 1) * third))
  const middle = thirds.map(median) as [number, number, number]
  const row = (name: string, of: readonly number[]) => [name, ...[before, ...of, after].map(value => value.toFixed(1))]
  printTable(
    ["used_memory, MiB", "before", "first third", "second", "last", "after"],
    [
      row("median", middle),
      row(
        "most",
        thirds.map(part => Math.max(...part)),
      ),
    ],
  )
  console.log(`${showCount(rows / seconds)} rows/s, ${seen.length} samples`)
  // The first third has the start of the processes in it.
  const growth = middle[2] / middle[1]
  const result = {
    bench: "redis-memory",
    rows,
    rowsPerSecond: rows / seconds,
    mostMiB: Math.max(...seen),
    thirdsMiB: middle,
  }
  if (flags.json !== undefined)
    await writeFile(flags.json, JSON.stringify({ machine: machine(), ...result }, undefined, 2))
  printBar("median of the last third / the second", growth, "<=", 1.2, growth.toFixed(2))
} finally {
  await rm(folder, { recursive: true })
}
