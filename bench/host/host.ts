/**
 * What the host spends on a text: CPU time of the main thread, of the whole main process, and of the device children, through
 * a checkpoint of one tiny layer whose inference is next to nothing; a CSV file with `labelCorpus`, and a full queue with
 * a worker in one process:
 *
 *   npm run bench host -- [--rows 200000] [--rounds 3] [--against FOLDER]
 *
 * FOLDER is another checkout, built, that is measured in the same run: ratios are this one's to its.
 */
import { fork } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { Queue } from "bullmq"
import { Redis } from "ioredis"
import { readFlags } from "../../test/read-flags.ts"
import { writeCorpus } from "../corpus/write-corpus.ts"
import { startBenchRedis } from "../fleet/bench-redis.ts"
import { generateEnglishTexts } from "../generate-texts.ts"
import { describeRatio, median, printHead, printTable, ratioOf, showCount } from "../harness.ts"
import { writeRandomCheckpoint } from "../random-checkpoint.ts"
import { runCli } from "../run-cli.ts"

const { values: flags } = readFlags({
  options: {
    rows: { type: "string", default: "200000" },
    rounds: { type: "string", default: "3" },
    against: { type: "string" },
  },
})
const rows = Number(flags.rows)
const bulkJobTexts = 256

/** What one run took, a text: CPU time in µs; and how late the event loop's turns began, 99th percentile, ms. */
interface HostRun {
  readonly mainUs: number
  readonly hostUs: number
  readonly childrenUs: number
  readonly textsPerSecond: number
  readonly delayMs: number
}

async function run(dist: string, words: object): Promise<HostRun> {
  const child = fork(new URL("./label-once.mjs", import.meta.url), [dist, JSON.stringify(words)], { execArgv: [] })
  const [told] = (await Promise.race([
    once(child, "message"),
    once(child, "exit").then(([code]) => {
      throw new Error(`label-once.mjs ended with exit code ${code}`)
    }),
  ])) as [HostRun]
  if (child.exitCode === null) await once(child, "exit")
  return told
}

/** Jobs as a producer adds them. */
async function fillQueue(url: string, texts: readonly string[]): Promise<void> {
  const connection = new Redis(url, { maxRetriesPerRequest: null })
  await connection.flushall()
  const queue = new Queue("valence-bulk", { connection, prefix: "{valence}" })
  const jobs = []
  for (let from = 0; from < rows; from += bulkJobTexts) {
    const size = Math.min(bulkJobTexts, rows - from)
    const own = Array.from({ length: size }, (_, at) => ({ text: texts[(from + at) % texts.length] as string }))
    jobs.push({ name: "label", data: { v: 1, texts: own }, opts: { attempts: 5 } })
  }
  await queue.addBulk(jobs)
  await queue.close()
  connection.disconnect()
}

const folder = await mkdtemp(join(tmpdir(), "valence-bench-"))
await using redis = await startBenchRedis()
try {
  const model = join(folder, "tiny")
  await writeRandomCheckpoint(model, { hiddenSize: 32, layers: 1, heads: 2, ffnSize: 64 })
  await runCli(["models", "build", model, "--dtype", "fp32"])
  await runCli(["models", "build", model, "--max-flips", "1", "--max-difference", "1"])
  // Every row has a text of its own: none is a repeat.
  const texts = (await generateEnglishTexts(rows)).map((text, row) => `${text} ${row}`)
  const input = join(folder, "corpus.csv")
  await writeCorpus(input, rows, "csv", texts)

  const checkouts = { here: resolve("."), ...(flags.against !== undefined && { before: resolve(flags.against) }) }
  printHead(`CPU time that the host spends on a text, ${showCount(rows)} texts a run, one tiny layer`)
  for (const kind of ["file", "queue"] as const) {
    const runs: Record<string, HostRun[]> = { here: [], before: [] }
    for (let round = 0; round < Number(flags.rounds); round++)
      for (const [name, checkout] of Object.entries(checkouts)) {
        if (kind === "queue") await fillQueue(redis.url, texts)
        const words = kind === "file" ? { model, rows, input } : { model, rows, redis: redis.url }
        runs[name]?.push(await run(join(checkout, "dist"), words))
      }
    report(kind === "file" ? "labelCorpus, a CSV file" : "a worker, a full queue of bulk jobs", runs)
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}

function report(what: string, { here = [], before = [] }: Record<string, HostRun[]>): void {
  const figures = {
    "main thread, µs": "mainUs",
    "main process, µs": "hostUs",
    "device children, µs": "childrenUs",
    "texts/s": "textsPerSecond",
    "event loop late by, p99, ms": "delayMs",
  } as const
  const of = (runs: readonly HostRun[], name: keyof HostRun) => runs.map(one => one[name])
  const shown = (values: readonly number[]) => (values.length === 0 ? "" : median(values).toFixed(1))
  printTable(
    [what, "here", "before", "here / before"],
    Object.entries(figures).map(([title, name]) => [
      title,
      shown(of(here, name)),
      shown(of(before, name)),
      before.length === 0 ? "" : describeRatio(ratioOf(of(here, name), of(before, name))),
    ]),
  )
}
