import { join } from "node:path"
import { type Complete, completeOptions } from "../declaration.ts"
import { ValenceError } from "../errors.ts"
import { makeFolder } from "../files/make-folder.ts"
import { outputFailed } from "../files/output-failed.ts"
import { replaceFile } from "../files/replace-file.ts"
import { readModelFile, readModelText } from "../model/read-file.ts"
import { graphsFolder } from "../store/cache.ts"
import { findModel, graphFile } from "../store/store.ts"
import { buildFp16, buildFp32, buildInt8 } from "./build.ts"
import { type Agreement, compareWithReference } from "./int8/agreement.ts"
import { type Calibrated, calibrate } from "./int8/calibrate.ts"
import { runReference } from "./int8/reference.ts"
import { readScales, writeScales } from "./int8/scales.ts"
import { type BuildOptions, buildOptions } from "./options.ts"
import { type Checkpoint, readCalibration, readCheckpoint } from "./weights/checkpoint.ts"

/** A graph that was built. */
export interface BuiltModel {
  readonly graph: string
  readonly bytes: number
  /** The scales file of an int8 graph. */
  readonly scales?: string
  /** How the scores of a graph that is not fp32 itself compare with fp32's on the calibration texts. */
  readonly agreement?: Agreement
}

/** The file next to an int8 graph from which it can be built again, byte for byte. */
export const scalesFile = "model.int8.scales.json"

type Settings = Complete<typeof buildOptions>

/** A graph in memory, the text of its scales, and the float32 model's logits on the texts that it is compared on. */
interface Draft {
  readonly graph: Uint8Array
  readonly scales?: string
  readonly expected: readonly Float32Array[]
}

/**
 * Builds a checkpoint's graph and writes it into the checkpoint's folder, or the cache's for a model that was pulled; an
 * int8 or fp16 graph only if it is close to fp32.
 *
 * @param onCalibrated - called for each value whose scale was found
 * @throws ValenceError `model_not_found`, `model_invalid`; `input_invalid` if the calibration texts cannot be read;
 * `graph_inaccurate` if a graph is farther from fp32 than the options allow; `output_failed`
 */
export async function buildModel(
  nameOrFolder: string,
  options: BuildOptions = {},
  onCalibrated?: (found: Calibrated) => void,
): Promise<BuiltModel> {
  const settings = completeOptions(buildOptions, options)
  const checkpoint = await readCheckpoint(nameOrFolder)
  const { config, weights } = checkpoint
  const encodings = await readCalibration(checkpoint, settings.calibrate)
  const folder = graphsFolder(checkpoint.folder)
  await makeFolder(folder).catch(error => {
    throw outputFailed(folder, error)
  })
  const file = join(folder, graphFile(settings.dtype))
  if (settings.dtype === "fp32") {
    const graph = buildFp32(config, weights)
    await replaceFile(file, graph)
    return { graph: file, bytes: graph.length }
  }
  const draft = settings.dtype === "int8" ? draftInt8 : draftFp16
  const { graph, scales, expected } = await draft(checkpoint, encodings, onCalibrated)
  const agreement = await compareWithReference(config, expected, graph, encodings)
  const inaccuracy = inaccuracyOf(agreement, settings)
  if (inaccuracy !== undefined) throw inaccuracy
  if (scales !== undefined) await replaceFile(join(folder, scalesFile), scales)
  await replaceFile(file, graph)
  const written = { graph: file, bytes: graph.length, agreement }
  return scales === undefined ? written : { ...written, scales: join(folder, scalesFile) }
}

async function draftInt8(
  { config, weights }: Checkpoint,
  encodings: readonly Int32Array[],
  onCalibrated?: (found: Calibrated) => void,
): Promise<Draft> {
  const { scales, logits } = await calibrate(config, weights, encodings, onCalibrated)
  const written = writeScales(scales)
  return { graph: buildInt8(config, weights, readScales(written, scalesFile)), scales: written, expected: logits }
}

async function draftFp16({ config, weights }: Checkpoint, encodings: readonly Int32Array[]): Promise<Draft> {
  return { graph: buildFp16(config, weights), expected: await runReference(config, weights, encodings) }
}

/**
 * The CPUs for which an agreement holds: every one for a graph that this version builds, which differs between CPUs in the
 * last digits of floats alone; this one for any other, whose int8 products may saturate on a CPU without VNNI.
 */
export type VerifiedCpus = "every" | "this"

/** What `verifyModel` found. */
export interface VerifiedModel {
  /** Whether safetensors and scales give the graph's bytes again. */
  readonly reproducible: boolean
  readonly cpus: VerifiedCpus
  readonly agreement: Agreement
  /** `graph_inaccurate` if that is farther from fp32 than the options allow. */
  readonly inaccuracy: ValenceError | undefined
}

/**
 * Builds a checkpoint's graph again from safetensors and scales, and compares its bytes, and its scores with those of
 * the float32 model.
 *
 * @throws ValenceError as `buildModel`, but for `graph_inaccurate`
 */
export async function verifyModel(nameOrFolder: string, options: BuildOptions = {}): Promise<VerifiedModel> {
  const settings = completeOptions(buildOptions, options)
  const checkpoint = await readCheckpoint(nameOrFolder)
  const { config, weights } = checkpoint
  const graph = await readModelFile((await findModel(nameOrFolder, settings.dtype)).graph)
  const reproducible = Buffer.compare(await rebuild(checkpoint, settings), graph) === 0
  const encodings = await readCalibration(checkpoint, settings.calibrate)
  const expected = await runReference(config, weights, encodings)
  const agreement = await compareWithReference(config, expected, graph, encodings)
  const cpus = reproducible ? "every" : "this"
  return { reproducible, cpus, agreement, inaccuracy: inaccuracyOf(agreement, settings) }
}

async function rebuild({ folder, config, weights }: Checkpoint, { dtype }: Settings): Promise<Uint8Array> {
  if (dtype === "fp32") return buildFp32(config, weights)
  if (dtype === "fp16") return buildFp16(config, weights)
  const file = join(graphsFolder(folder), scalesFile)
  return buildInt8(config, weights, readScales(await readModelText(file), file))
}

function inaccuracyOf(
  { texts, labelFlips, meanDifference }: Agreement,
  { dtype, maxFlips, maxDifference }: Settings,
): ValenceError | undefined {
  const areTooMany = labelFlips > maxFlips * texts
  if (!areTooMany && meanDifference <= maxDifference) return undefined
  const problem = areTooMany
    ? `${dtype} must give at most ${100 * maxFlips} % of the calibration texts another label than fp32 (maxFlips ${maxFlips}); got ${labelFlips} of ${texts}`
    : `${dtype} scores must differ from fp32's by ${maxDifference} or less on average (maxDifference); got ${meanDifference}`
  return new ValenceError("graph_inaccurate", problem)
}
