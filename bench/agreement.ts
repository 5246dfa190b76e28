/**
 * Accuracy of every engine on a labelled file, and how far each is from Valence's fp32 graph, each text in a run of its
 * own where the caller makes the batches (dynamic int8 depends on its batch):
 *
 *   npm run bench agreement -- --texts FILE [--model FOLDER] [--no-python] [--engines NAME,NAME] [--json FILE]
 *
 * FILE is a .tsv with the columns sentence (or text) and label, a label's name or its index.
 */
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { readFlags } from "../test/read-flags.ts"
import { machine, printHead, printTable, showCount } from "./harness.ts"
import { chosenEngines, engineFlags, fullName, ONE_BY_ONE, openEngines, VALENCE } from "./peers/engines.ts"
import type { PeerLabel } from "./peers/open-pipeline.ts"
import { readLabelledTexts } from "./read-texts.ts"

const { values: flags } = readFlags({
  options: {
    texts: { type: "string" },
    ...engineFlags,
    json: { type: "string" },
  },
})
if (flags.texts === undefined) throw new Error("--texts FILE must name a labelled file")
const lines = await readLabelledTexts(flags.texts)
if (lines.some(({ label }) => label === undefined)) throw new Error(`${flags.texts} must have a column label`)
const { id2label } = JSON.parse(await readFile(join(flags.model, "config.json"), "utf8")) as {
  id2label: Record<string, string>
}
const right = lines.map(({ label = "" }) => id2label[label] ?? label)
const texts = lines.map(({ text }) => text)

const { engines, absent } = await openEngines(chosenEngines(flags))
printHead(`Accuracy on ${showCount(texts.length)} texts of ${flags.texts}`)
const labelled: { name: string; dtype: string; given: readonly PeerLabel[] }[] = []
for (const engine of engines) {
  const { labels } = await engine.label(texts, ONE_BY_ONE)
  labelled.push({ name: engine.name, dtype: engine.dtype, given: labels })
  await engine.close()
}
const reference = labelled.find(({ name, dtype }) => name === VALENCE && dtype === "fp32")?.given
if (reference === undefined) throw new Error("Valence's fp32 graph must be built: npm run bench:peers")

/** Scores are compared for the label that fp32 gave: there are two. */
const rows = labelled.map(({ name, dtype, given }) => {
  const differences = given.map(({ label, score }, index) => {
    const one = reference[index] as PeerLabel
    return Math.abs((label === one.label ? score : 1 - score) - one.score)
  })
  return {
    name,
    dtype,
    accuracy: given.filter(({ label }, index) => label === right[index]).length / texts.length,
    otherLabels: given.filter(({ label }, index) => label !== reference[index]?.label).length,
    meanDifference: differences.reduce((sum, difference) => sum + difference, 0) / texts.length,
    maxDifference: Math.max(...differences),
  }
})
printTable(
  ["engine", "accuracy, %", "other label than fp32", "mean score difference", "max"],
  rows.map(({ name, dtype, accuracy, otherLabels, meanDifference, maxDifference }) => [
    `${name} ${dtype}`,
    (100 * accuracy).toFixed(2),
    otherLabels,
    meanDifference.toFixed(5),
    maxDifference.toFixed(4),
  ]),
)
for (const { reason, name, dtype } of absent) console.log(`absent: ${fullName({ name, dtype })}: ${reason}`)
if (flags.json !== undefined)
  await writeFile(
    flags.json,
    JSON.stringify({ machine: machine(), bench: "agreement", texts: texts.length, rows, absent }, undefined, 2),
  )
