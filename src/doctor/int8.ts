import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { createClassifier } from "../classifier/classifier.ts"
import { median } from "../classifier/plan/tuning.ts"
import { asError } from "../errors.ts"
import { builtDtypes, bundledModels, findInstalled, hasWeights } from "../store/store.ts"
import { compareDtypes, type DtypeComparison } from "./compare-dtypes.ts"
import type { Finding } from "./finding.ts"
import { buildFp32Beside } from "./fp32-beside.ts"

/** `models build` allows no more labels than these to differ: `maxFlips`. */
const leastAgreement = 0.98

const finding = { section: "model", name: "int8 against fp32" } as const

/**
 * A comparison in one line.
 *
 * @param useFp32 - the command that labels with fp32
 */
export function judgeInt8({ gains, texts, agreeing }: DtypeComparison, useFp32: string): Finding {
  const times = (gain: number) => gain.toFixed(2)
  const spread = `${times(Math.min(...gains))} to ${times(Math.max(...gains))} in ${gains.length} rounds`
  const found = `${times(median(gains))} times as many texts/s (${spread}), the same label for ${agreeing} of ${texts} texts`
  // In every round: less is noise.
  const isSlower = gains.every(gain => gain < 1)
  const differs = agreeing < leastAgreement * texts
  return isSlower || differs
    ? { ...finding, status: "warning", found, remedy: useFp32 }
    : { ...finding, status: "ok", found }
}

/** The texts that graphs are calibrated on. */
async function readTexts(): Promise<string[]> {
  const lines = (await readFile(join(bundledModels, "calibration.txt"), "utf8")).split("\n")
  return lines.filter(line => line.trim() !== "")
}

async function compareGraphs(int8Model: string, fp32Model: string): Promise<DtypeComparison> {
  const options = { device: "cpu:1", tune: "off", offline: true } as const
  await using int8 = await createClassifier({ ...options, model: int8Model, dtype: "int8" })
  await using fp32 = await createClassifier({ ...options, model: fp32Model, dtype: "fp32" })
  return await compareDtypes(int8, fp32, await readTexts())
}

/**
 * Measures a checkpoint's int8 graph against its fp32 graph, on one CPU core for some seconds. A missing fp32 graph is built in
 * a temporary folder; an int8 graph takes minutes, and is not.
 *
 * @param model - as in `--model`
 * @returns nothing if the model has no weights that graphs are built from
 */
export async function examineInt8(model: string): Promise<Finding[]> {
  const folder = await findInstalled(model)
  if (folder === undefined || !(await hasWeights(folder))) return []
  const built = await builtDtypes(folder)
  const build = (dtype: string) => `valence models build ${model} --dtype ${dtype}`
  try {
    if (!built.includes("int8"))
      return [{ ...finding, status: "absent", found: "not measured: there is no int8 graph", remedy: build("int8") }]
    if (built.includes("fp32")) return [judgeInt8(await compareGraphs(model, model), "label with --dtype fp32")]
    await using fp32 = await buildFp32Beside(folder)
    if (fp32 === undefined)
      return [{ ...finding, status: "absent", found: "not measured: there is no fp32 graph", remedy: build("fp32") }]
    return [judgeInt8(await compareGraphs(model, fp32.folder), `${build("fp32")}, then label with --dtype fp32`)]
  } catch (error) {
    return [{ ...finding, status: "absent", found: `not measured: ${asError(error).message}` }]
  }
}
