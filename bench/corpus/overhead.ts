/**
 * What a corpus run costs besides labelling: CPU time a row and peak memory of the process that reads and writes, with
 * a labeller that does nothing. One size a process, because memory is told by its peak:
 *
 *   npm run build && for rows in 20000 1000000; do node --import tsx bench/corpus/overhead.ts $rows csv; done
 *
 * Rows have four columns and texts as `generate-texts.ts` makes them, every tenth of them with quotes and a comma.
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Labelled, Labeller } from "../../src/labeller.ts"
import { generateTexts } from "../generate-texts.ts"
import { writeCorpus } from "./write-corpus.ts"

// The compiled files, as users run them.
const built = new URL("../../dist/corpus/label-corpus.js", import.meta.url).href
const { labelCorpus } = (await import(built)) as typeof import("../../src/corpus/label-corpus.ts")

const DIFFERENT_TEXTS = 5000

/** Gives each text the same result. */
function idleLabeller(): Labeller {
  const result: Labelled = { label: "POSITIVE", score: 0.987654, tokens: 20, truncated: false, windows: 1 }
  return {
    model: { name: "idle", revision: "0", dtype: "none", labels: ["POSITIVE"], maxLength: Infinity },
    label: async texts => texts.map((_, index) => ({ ...result, score: 0.5 + (index % 500) / 1000 })),
    async close() {},
    async [Symbol.asyncDispose]() {},
  }
}

const [rows = "1000000", format = "csv"] = process.argv.slice(2)
const folder = await mkdtemp(join(tmpdir(), "valence-bench-"))
try {
  const input = join(folder, `corpus.${format}`)
  await writeCorpus(input, Number(rows), format, await generateTexts(DIFFERENT_TEXTS))
  const before = process.cpuUsage()
  const started = performance.now()
  const summary = await labelCorpus({ input, labeller: idleLabeller() })
  const seconds = (performance.now() - started) / 1000
  const { user, system } = process.cpuUsage(before)
  const microseconds = (user + system) / summary.rows
  console.log(
    `${summary.rows} rows of ${format}: ${microseconds.toFixed(2)} µs CPU a row, ` +
      `${Math.round(summary.rows / seconds)} rows/s, peak RSS ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`,
  )
} finally {
  await rm(folder, { recursive: true })
}
