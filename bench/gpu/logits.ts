import { existsSync, readFileSync } from "node:fs"
import { basename, join } from "node:path"
import { createClassifier } from "../built.ts"
import { printTable } from "../harness.ts"
import { logitsOf, openOnDevice } from "./open.ts"
import { type GpuDtype, type GpuSetup, Lacking, requireGraph } from "./setup.ts"

/** Scores between these may become either label by rounding. */
const undecided = [0.45, 0.55] as const

const best = (logits: readonly number[]) => logits.indexOf(Math.max(...logits))

/** The score of the best label. */
function bestScore(logits: readonly number[]): number {
  const most = Math.max(...logits)
  return 1 / logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0)
}

/** How logits compare with those that are right. */
function compare(given: readonly number[][], right: readonly number[][]) {
  const differences = given.flatMap((logits, text) =>
    logits.map((logit, label) => Math.abs(logit - (right[text]?.[label] ?? NaN))),
  )
  const flips = given.flatMap((logits, text) => {
    const expected = right[text] ?? []
    return best(logits) === best(expected) ? [] : [bestScore(expected)]
  })
  const clearFlips = flips.filter(score => score > undecided[1]).length
  return { texts: given.length, mostDifference: Math.max(...differences), flips: flips.length, clearFlips }
}

/** The golden texts with their logits, and the calibration texts with those of the CPU in fp32. */
async function references(model: string, setup: GpuSetup) {
  const { rows } = JSON.parse(readFileSync(join(model, "golden.json"), "utf8")) as {
    readonly rows: readonly { readonly text: string; readonly logits: number[] }[]
  }
  const all = readFileSync(new URL("../../models/calibration.txt", import.meta.url), "utf8")
    .trim()
    .split("\n")
  const texts = all.slice(0, setup.isCpu ? 100 : undefined)
  requireGraph(model, "fp32")
  await using onCpu = await createClassifier({ model, dtype: "fp32", device: "cpu", offline: true })
  return {
    golden: { texts: rows.map(({ text }) => text), logits: rows.map(({ logits }) => logits) },
    calibration: { texts, logits: await logitsOf(onCpu, texts) },
  }
}

/**
 * Logits of the device against the golden files', and against the CPU's fp32 on the calibration texts.
 *
 * @param device - instead of the setup's
 */
export async function compareLogits(
  setup: GpuSetup,
  device = setup.device,
  dtypes: readonly GpuDtype[] = ["fp32", "fp16"],
) {
  const models = setup.models.filter(model => existsSync(join(model, "golden.json")))
  if (models.length === 0) throw new Lacking("none of the models has a golden.json")
  const found = []
  for (const model of models) {
    const right = await references(model, setup)
    for (const dtype of dtypes) {
      await using labeller = await openOnDevice(setup, { model, dtype, device })
      for (const [name, { texts, logits }] of Object.entries(right))
        found.push({ model: basename(model), dtype, name, ...compare(await logitsOf(labeller, texts), logits) })
    }
  }
  printTable(
    ["model", "dtype", "texts", "largest difference", "other labels", `right score not in ${undecided.join("-")}`],
    found.map(one => [
      ...[one.model, one.dtype, `${one.texts} ${one.name}`],
      ...[one.mostDifference.toExponential(1), one.flips, one.clearFlips],
    ]),
  )
  const clear = found.reduce((sum, { clearFlips }) => sum + clearFlips, 0)
  console.log(`labels that differ though the right score is clear: ${clear}; bar 0: ${clear === 0 ? "met" : "MISSED"}`)
  return found
}
