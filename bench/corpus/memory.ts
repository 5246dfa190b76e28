/**
 * Peak memory of the main process of `valence label`, over a long file against a short one: it must not grow with the
 * corpus. Device children are not counted.
 *
 *   npm run bench memory -- [--model afinn-111] [--rows 20000,1000000]
 *
 * The default model takes minutes for 1,000,000 rows; a lexicon takes seconds.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { readFlags } from "../../test/read-flags.ts"
import { machine, median, printBar, printHead, printTable, quantile, showCount, textsFor } from "../harness.ts"
import { type LabelRun, runLabel } from "./run-label.ts"
import { writeCorpus } from "./write-corpus.ts"

const { values: flags } = readFlags({
  options: {
    texts: { type: "string" },
    model: { type: "string", default: "sentiment-small" },
    rows: { type: "string", default: "20000,1000000" },
    rounds: { type: "string", default: "1" },
    json: { type: "string" },
  },
})
const sizes = flags.rows.split(",").map(Number)
const runs = new Map<number, LabelRun[]>(sizes.map(rows => [rows, []]))
const folder = await mkdtemp(join(tmpdir(), "valence-bench-"))
try {
  printHead(`Peak memory of the main process of valence label, ${flags.model}`, { texts: flags.texts ?? "generated" })
  const texts = await textsFor(Math.min(Math.max(...sizes), 100_000), flags.texts)
  for (const rows of sizes) await writeCorpus(join(folder, `${rows}.csv`), rows, "csv", texts)
  for (let round = 0; round < Number(flags.rounds); round++)
    for (const [rows, done] of runs) done.push(await runLabel(join(folder, `${rows}.csv`), ["--model", flags.model]))
  const peaks = [...runs.values()].map(done => done.map(run => run.peakMiB))
  printTable(
    ["rows", "peak MiB, median", "min", "max", "rows/s"],
    [...runs].map(([rows, done], size) => [
      showCount(rows),
      ...[0.5, 0, 1].map(at => quantile(peaks[size] ?? [], at).toFixed(0)),
      showCount(rows / median(done.map(run => run.seconds))),
    ]),
  )
  const [short = [], long = []] = [peaks[0], peaks.at(-1)]
  const growth = median(long) / median(short)
  const [fewest = 0, most = 0] = [sizes[0], sizes.at(-1)]
  printBar(`${showCount(most)} rows / ${showCount(fewest)} rows`, growth, "<=", 1.3, growth.toFixed(2))
  const rows = [...runs].map(([count, done]) => ({ rows: count, peakMiB: median(done.map(run => run.peakMiB)) }))
  if (flags.json !== undefined)
    await writeFile(flags.json, JSON.stringify({ machine: machine(), bench: "memory", rows, growth }, undefined, 2))
} finally {
  await rm(folder, { recursive: true })
}
