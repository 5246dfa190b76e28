/**
 * Accuracy of the int8 and fp32 graphs on a labelled file, and how far int8 is from fp32:
 *
 *   npm run bench accuracy-of-labels -- --texts FILE [--peer FOLDER]
 *
 * FILE is a .tsv with the columns sentence (or text) and label, a label's name or its index. With an export,
 * transformers.js's graphs are told of too, each text in a run of its own: dynamic q8 depends on its batch.
 */
import { existsSync } from "node:fs"
import { join } from "node:path"
import type { LabelScore } from "../src/index.ts"
import { readFlags } from "../test/read-flags.ts"
import { createClassifier } from "./built.ts"
import { printBar, printHead, printTable, showCount } from "./harness.ts"
import { openPipeline } from "./peers/open-pipeline.ts"
import { readLabelledTexts } from "./read-texts.ts"

const MOST_POINTS = 0.3
const { values: flags } = readFlags({
  options: {
    texts: { type: "string" },
    model: { type: "string", default: "sentiment-small" },
    peer: { type: "string" },
  },
})
if (flags.texts === undefined) throw new Error("--texts FILE must name a labelled file")
const lines = await readLabelledTexts(flags.texts)
if (lines.some(({ label }) => label === undefined)) throw new Error(`${flags.texts} must have a column label`)
const texts = lines.map(({ text }) => text)

/** Labels the texts with one graph of the model. */
async function labelWith(dtype: "int8" | "fp32"): Promise<{ labels: readonly string[]; given: LabelScore[] }> {
  await using classifier = await createClassifier({ model: flags.model, dtype })
  const given = (await classifier.label(texts)).map((result, index) => {
    if (result.error) throw new Error(`text ${index + 1}: ${result.error.message}`)
    return result
  })
  return { labels: classifier.model.labels, given }
}

async function labelWithPeer(folder: string, dtype: "q8" | "fp32"): Promise<LabelScore[]> {
  const pipeline = await openPipeline(folder, dtype)
  try {
    return await pipeline.label(texts, { batchSize: 1, sorted: false })
  } finally {
    await pipeline.close()
  }
}

const fp32 = await labelWith("fp32")
const int8 = await labelWith("int8")
const right = lines.map(({ label = "" }) => fp32.labels[Number(label)] ?? label)
const accuracyOf = (given: readonly LabelScore[]) =>
  (100 * given.filter(({ label }, index) => label === right[index]).length) / texts.length

/** How far labels are from fp32's, as scores of the label that fp32 gave: there are two. */
function row(name: string, given: readonly LabelScore[]): (string | number)[] {
  const differences = given.map(({ label, score }, index) => {
    const reference = fp32.given[index] as LabelScore
    return Math.abs((label === reference.label ? score : 1 - score) - reference.score)
  })
  const flips = given.filter(({ label }, index) => label !== fp32.given[index]?.label).length
  const mean = differences.reduce((sum, difference) => sum + difference, 0) / texts.length
  return [name, accuracyOf(given).toFixed(2), flips, mean.toFixed(5), Math.max(...differences).toFixed(4)]
}

printHead(`Accuracy of ${flags.model} on ${showCount(texts.length)} texts of ${flags.texts}`)
const rows = [row("Valence fp32", fp32.given), row("Valence int8", int8.given)]
if (flags.peer !== undefined) {
  if (existsSync(join(flags.peer, "onnx/model.onnx")))
    rows.push(row("transformers.js fp32", await labelWithPeer(flags.peer, "fp32")))
  rows.push(row("transformers.js q8", await labelWithPeer(flags.peer, "q8")))
}
printTable(["graph", "accuracy, %", "other label than fp32", "mean score difference", "max"], rows)
const points = accuracyOf(int8.given) - accuracyOf(fp32.given)
printBar("int8 - fp32, points", Math.abs(points), "<=", MOST_POINTS, points.toFixed(2))
