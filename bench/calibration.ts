/**
 * Whether scores are honest: of texts that get a score of about 0.9, nine of ten should be labelled right.
 *
 *   npm run bench -- --only calibration --texts dev.tsv
 *
 * Prints, for bins of scores, the mean score and the share of right labels, and the expected calibration error: the mean
 * difference of the two, weighted by texts. FILE is a labelled .tsv such as SST-2's dev set.
 */
import { writeFileSync } from "node:fs"
import { readFlags } from "../test/read-flags.ts"
import { createClassifier } from "./built.ts"
import { machine, printBar, printHead, printTable, showCount } from "./harness.ts"
import { readLabelledTexts } from "./read-texts.ts"

const MOST_ERROR = 0.03
const BINS = 10
const { values: flags } = readFlags({
  options: {
    texts: { type: "string" },
    model: { type: "string", default: "sentiment-small" },
    json: { type: "string" },
  },
})
if (flags.texts === undefined) throw new Error("--texts FILE must name a labelled file")
const lines = await readLabelledTexts(flags.texts)
await using classifier = await createClassifier({ model: flags.model, dtype: "int8" })
const { labels, name, revision } = classifier.model
const results = await classifier.label(lines.map(({ text }) => text))
const bins = Array.from({ length: BINS }, () => ({ texts: 0, score: 0, right: 0 }))
for (const [index, { label = "" }] of lines.entries()) {
  const result = results[index]
  if (!result || result.error) throw new Error(`text ${index + 1}: ${result?.error.message}`)
  const bin = bins[Math.min(BINS - 1, Math.floor(result.score * BINS))] as (typeof bins)[number]
  bin.texts++
  bin.score += result.score
  if (result.label === (labels[Number(label)] ?? label)) bin.right++
}
const filled = bins
  .filter(({ texts }) => texts > 0)
  .map(({ texts, score, right }) => ({ texts, score: score / texts, right: right / texts }))
const error = filled.reduce((sum, { texts, score, right }) => sum + texts * Math.abs(score - right), 0) / lines.length

printHead(`Calibration of ${name} (int8) on ${showCount(lines.length)} texts of ${flags.texts}`)
printTable(
  ["texts", "mean score", "right, %"],
  filled.map(({ texts, score, right }) => [texts, score.toFixed(3), (100 * right).toFixed(1)]),
)
printBar("expected calibration error", error, "<=", MOST_ERROR, error.toFixed(4))
if (flags.json !== undefined)
  writeFileSync(
    flags.json,
    JSON.stringify(
      {
        bench: "calibration",
        machine: machine(),
        model: `${name}, revision ${revision}`,
        texts: lines.length,
        bins: filled,
        error,
      },
      undefined,
      2,
    ),
  )
