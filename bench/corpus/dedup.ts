/**
 * Rows a second of `valence label` over JSON Lines in which a share of the texts came before, each of them labelled once, against
 * `--no-dedup`; and that both write the same bytes:
 *
 *   npm run bench dedup -- [--rows 60000] [--repeated 0.3]
 */
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { readFlags } from "../../test/read-flags.ts"
import { generateEnglishTexts } from "../generate-texts.ts"
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
  ratioOf,
  showCount,
} from "../harness.ts"
import { runLabel } from "./run-label.ts"
import { withRepeats } from "./with-repeats.ts"
import { writeCorpus } from "./write-corpus.ts"

const { values: flags } = readFlags({
  options: {
    ...commonFlags,
    rows: { type: "string", default: "60000" },
    repeated: { type: "string", default: "0.3" },
  },
})
const rows = Number(flags.rows)
const share = Number(flags.repeated)

const folder = await mkdtemp(join(tmpdir(), "valence-bench-"))
try {
  printHead(`valence label, ${showCount(rows)} rows of which ${100 * share} % came before, with and without dedup`, {
    texts: "generated",
  })
  const input = join(folder, "corpus.jsonl")
  const different = await generateEnglishTexts(Math.ceil(rows * (1 - share)))
  await writeCorpus(input, rows, "jsonl", withRepeats(different, rows))
  const output = (name: string) => join(folder, `${name}.jsonl`)
  const rowsPerSecond = async (name: string, ...more: string[]) =>
    rows / (await runLabel(input, ["-o", output(name), ...more])).seconds
  const rounds = await interleave(
    { once: () => rowsPerSecond("once"), every: () => rowsPerSecond("every", "--no-dedup") },
    { ...patienceOf(flags, 3), warmUpRounds: 0 },
  )
  const { once, every } = rounds.figures
  printTable(["rows/s", "median", "min", "max"], figureRows({ dedup: once, "--no-dedup": every }))
  const ratio = ratioOf(once, every)
  printBar("dedup / --no-dedup", ratio.median, ">=", 1.3, describeRatio(ratio))
  const [one, other] = [await readFile(output("once")), await readFile(output("every"))]
  if (!one.equals(other)) throw new Error("with and without dedup the output must have the same bytes; it has not")
  console.log("the outputs have the same bytes")
  printEnd({ bench: "dedup", rows, share, ratio }, rounds, flags.json)
} finally {
  await rm(folder, { recursive: true })
}
