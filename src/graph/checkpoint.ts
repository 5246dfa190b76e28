import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { asError, ValenceError } from "../errors.ts"
import { type ModelConfig, readConfig } from "../model/config.ts"
import { readModelText } from "../model/read-file.ts"
import { bundledModels, findCheckpoint } from "../model/store.ts"
import { createTokenizer } from "../model/tokenizer.ts"
import { adaptWeights } from "./adapt-weights.ts"
import { readStoredTensors } from "./stored-tensors.ts"
import type { ModelWeights } from "./weights.ts"

/** A checkpoint, read; its matrices stay in its files until they are asked for. */
export interface Checkpoint {
  readonly folder: string
  readonly config: ModelConfig
  readonly weights: ModelWeights
}

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
  const { file, tensors } = await readStoredTensors(folder)
  return { folder, config, weights: adaptWeights(tensors, config, file) }
}

/**
 * Token ids of the calibration texts, one array for each line that is not empty.
 *
 * @throws ValenceError `input_invalid` where there is no text; `model_not_found`, `model_invalid` for the tokenizer
 */
export async function readCalibration(
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
  const encodings = (await tokenizer.encode(lines, config.maxPositions)).map(({ inputIds }) => inputIds)
  requireVocabulary(encodings, config, tokenizerFile)
  return encodings
}

function requireVocabulary(encodings: readonly Int32Array[], { vocabSize }: ModelConfig, file: string): void {
  for (const inputIds of encodings)
    for (const id of inputIds)
      if (id >= vocabSize)
        throw new ValenceError(
          "model_invalid",
          `${file} must give ids below the config's vocab_size, ${vocabSize}; it gives ${id}`,
        )
}
