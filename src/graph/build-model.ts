import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { completeOptions } from "../declaration.ts"
import { asError, ValenceError } from "../errors.ts"
import { type ModelConfig, readConfig } from "../model/config.ts"
import { readModelFile, readModelText } from "../model/read-file.ts"
import { bundledModels, findCheckpoint, findModel, graphFile } from "../model/store.ts"
import { createTokenizer } from "../model/tokenizer.ts"
import { replaceFile } from "../replace-file.ts"
import { type Agreement, compareGraphs } from "./agreement.ts"
import { buildFp32, buildInt8 } from "./build.ts"
import { type Calibrated, calibrate } from "./calibrate.ts"
import { type BuildOptions, buildOptions } from "./options.ts"
import { readSafetensors } from "./safetensors.ts"
import { readScales, writeScales } from "./scales.ts"
import { adaptWeights, type ModelWeights } from "./weights.ts"

/** A graph that was built. */
export interface BuiltModel {
  readonly graph: string
  readonly bytes: number
  /** The scales file of an int8 graph, and how its scores compare with fp32's on the calibration texts. */
  readonly scales?: string
  readonly agreement?: Agreement
}

/** A checkpoint, read. */
export interface Checkpoint {
  readonly folder: string
  readonly config: ModelConfig
  readonly weights: ModelWeights
}

/** The file beside an int8 graph from which it can be built again, byte for byte. */
export const scalesFile = "model.int8.scales.json"

/**
 * Reads a checkpoint's configuration and weights.
 *
 * @param nameOrFolder - a folder, or the name of a bundled model
 * @throws ValenceError `model_not_found`, `model_invalid`
 */
export async function readCheckpoint(nameOrFolder: string): Promise<Checkpoint> {
  const folder = await findCheckpoint(nameOrFolder)
  const configFile = join(folder, "config.json")
  const config = readConfig(await readModelText(configFile), configFile)
  const weightsFile = join(folder, "model.safetensors")
  const weights = adaptWeights(await readSafetensors(weightsFile), config, weightsFile)
  return { folder, config, weights }
}

/**
 * Builds a checkpoint's graph and writes it into the checkpoint's folder; an int8 graph only where it is close to fp32.
 *
 * @param onCalibrated - called for each value whose scale was found
 * @throws ValenceError `model_not_found`, `model_invalid`; `input_invalid` where the calibration texts cannot be read;
 * `graph_inaccurate` where an int8 graph is farther from fp32 than the options allow; `output_failed`
 */
export async function buildModel(
  nameOrFolder: string,
  options: BuildOptions = {},
  onCalibrated?: (found: Calibrated) => void,
): Promise<BuiltModel> {
  const settings = completeOptions(buildOptions, options)
  const checkpoint = await readCheckpoint(nameOrFolder)
  const { folder, config, weights } = checkpoint
  const file = join(folder, graphFile(settings.dtype))
  if (settings.dtype === "fp32") {
    const graph = buildFp32(config, weights)
    await replaceFile(file, graph)
    return { graph: file, bytes: graph.length }
  }
  const encodings = await readCalibration(checkpoint, settings.calibrate)
  const scales = writeScales(await calibrate(config, weights, encodings, onCalibrated))
  const graph = buildInt8(config, weights, readScales(scales, scalesFile))
  const agreement = await compareGraphs(config, buildFp32(config, weights), graph, encodings)
  requireAgreement(agreement, settings.maxFlips, settings.maxDifference)
  await replaceFile(join(folder, scalesFile), scales)
  await replaceFile(file, graph)
  return { graph: file, bytes: graph.length, scales: join(folder, scalesFile), agreement }
}

/** What `verifyModel` found. */
export interface VerifiedModel {
  /** Whether safetensors and scales give the graph's bytes again. */
  readonly reproducible: boolean
  readonly agreement: Agreement
}

/**
 * Builds a checkpoint's graph again from safetensors and scales, and compares its bytes and its scores.
 *
 * @throws ValenceError as `buildModel`
 */
export async function verifyModel(nameOrFolder: string, options: BuildOptions = {}): Promise<VerifiedModel> {
  const settings = completeOptions(buildOptions, options)
  const checkpoint = await readCheckpoint(nameOrFolder)
  const { folder, config, weights } = checkpoint
  const graph = await readModelFile((await findModel(nameOrFolder, settings.dtype)).graph)
  const reference = buildFp32(config, weights)
  const rebuilt =
    settings.dtype === "fp32" ? reference : buildInt8(config, weights, await readScalesOf(join(folder, scalesFile)))
  const encodings = await readCalibration(checkpoint, settings.calibrate)
  const agreement = await compareGraphs(config, reference, graph, encodings)
  requireAgreement(agreement, settings.maxFlips, settings.maxDifference)
  return { reproducible: Buffer.compare(rebuilt, graph) === 0, agreement }
}

async function readScalesOf(file: string) {
  return readScales(await readModelText(file), file)
}

/** Token ids of the calibration texts, one array for each line that is not empty. */
async function readCalibration(
  { folder, config }: Checkpoint,
  file = join(bundledModels, "calibration.txt"),
): Promise<Int32Array[]> {
  const tokenizerFile = join(folder, "tokenizer.json")
  const tokenizer = await createTokenizer(await readModelText(tokenizerFile), tokenizerFile)
  const texts = await readFile(file, "utf8").catch(cause => {
    throw new ValenceError("input_invalid", `calibrate must be a file of texts; ${asError(cause).message}`, { cause })
  })
  const lines = texts.split(/\r?\n/).filter(line => line.trim() !== "")
  if (lines.length === 0) throw new ValenceError("input_invalid", `calibrate must have a text on a line; got ${file}`)
  return (await tokenizer.encode(lines, config.maxPositions)).map(({ inputIds }) => inputIds)
}

function requireAgreement({ texts, labelFlips, meanDifference }: Agreement, maxFlips: number, maxDifference: number) {
  if (labelFlips > maxFlips * texts)
    throw new ValenceError(
      "graph_inaccurate",
      `int8 must give at most ${100 * maxFlips} % of the calibration texts another label than fp32 (maxFlips ${maxFlips}); got ${labelFlips} of ${texts}`,
    )
  if (!(meanDifference <= maxDifference))
    throw new ValenceError(
      "graph_inaccurate",
      `int8 scores must differ from fp32's by ${maxDifference} or less on average (maxDifference); got ${meanDifference}`,
    )
}
