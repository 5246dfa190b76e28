/**
 * Rows a second of `valence label` over a CSV, its whole process from start to end, against the classifier alone over
 * the same texts in memory; and what the batcher pads on such a run:
 *
 *   npm run bench corpus -- [--rows 200000] [--texts FILE] [--cpu-prof FOLDER]
 */
import { createReadStream } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parse } from "csv-parse"
import { readFlags } from "../../test/read-flags.ts"
import { createClassifier, labelCorpus } from "../built.ts"
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
  secondsOf,
  showCount,
  textsFor,
} from "../harness.ts"
import { type LabelRun, runLabel } from "./run-label.ts"
import { writeCorpus } from "./write-corpus.ts"

const { values: flags } = readFlags({
  options: { ...commonFlags, rows: { type: "string", default: "200000" }, "cpu-prof": { type: "string" } },
})
const rows = Number(flags.rows)

async function textsOf(file: string): Promise<string[]> {
  const texts: string[] = []
  for await (const { review } of createReadStream(file).pipe(parse({ columns: true }))) texts.push(review)
  return texts
}

const folder = await mkdtemp(join(tmpdir(), "valence-bench-"))
try {
  await using classifier = await createClassifier()
  printHead(`valence label against the classifier alone, ${showCount(rows)} rows of CSV a round`, {
    texts: flags.texts ?? "generated",
    model: `${classifier.model.name} ${classifier.model.dtype}, revision ${classifier.model.revision}`,
  })
  const input = join(folder, "corpus.csv")
  await writeCorpus(input, rows, "csv", await textsFor(Math.min(rows, 200_000), flags.texts))
  const texts = await textsOf(input)

  const runs: LabelRun[] = []
  const profile = flags["cpu-prof"] === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${flags["cpu-prof"]}`]
  const aloneCpuSeconds: number[] = []
  const contestants = {
    async command() {
      const run = await runLabel(input, ["--no-dedup"], profile)
      runs.push(run)
      return rows / run.seconds
    },
    async alone() {
      const before = process.cpuUsage()
      const seconds = await secondsOf(() => classifier.label(texts, { lane: "bulk" }))
      const { user, system } = process.cpuUsage(before)
      aloneCpuSeconds.push((user + system) / 1e6)
      return texts.length / seconds
    },
  }
  const rounds = await interleave(contestants, { ...patienceOf(flags, 3), warmUpRounds: 0 })
  const { command, alone } = rounds.figures
  printTable(["rows/s", "median", "min", "max"], figureRows({ "valence label": command, "classifier alone": alone }))
  const ratio = ratioOf(command, alone)
  printBar("valence label / classifier alone", ratio.median, ">=", 0.9, describeRatio(ratio))
  const cpuMicroseconds = [runs.map(run => run.cpuSeconds), aloneCpuSeconds].map(
    seconds => (1e6 * median(seconds)) / rows,
  )
  console.log(
    `CPU of the main process: ${cpuMicroseconds[0]?.toFixed(1)} µs a row, the classifier alone ${cpuMicroseconds[1]?.toFixed(1)} µs`,
  )

  // Once more in this process, where the classifier can be asked what it padded.
  const before = classifier.stats
  const summary = await labelCorpus({ input, labeller: classifier, options: { force: true } })
  const after = classifier.stats
  const [tokens, padded, batches] = (["tokens", "paddedTokens", "microBatches"] as const).map(
    name => after[name] - before[name],
  ) as [number, number, number]
  if (after.texts - before.texts !== rows || summary.labelled !== rows)
    throw new Error(
      `${rows} rows must be labelled; ${summary.labelled} were, and ${after.texts - before.texts} counted`,
    )
  const padding = padded / tokens - 1
  printBar("padding, padded / tokens - 1", padding, "<=", 0.05, `${(100 * padding).toFixed(2)} %`)
  console.log(
    `${showCount(batches)} micro-batches of ${(rows / batches).toFixed(1)} texts and ${showCount(padded / batches)} padded tokens`,
  )
  printEnd({ bench: "corpus", rows, ratio, padding, cpuMicroseconds, runs }, rounds, flags.json)
} finally {
  await rm(folder, { recursive: true })
}
