import { isUtf8 } from "node:buffer"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { asError, ValenceError } from "../../errors.ts"
import { type ModelConfig, readConfig } from "../../model/config.ts"
import { readModelText } from "../../model/read-file.ts"
import { readTask } from "../../model/read-task.ts"
import { loadTokenizer, type Tokenizer } from "../../model/tokenizer/tokenizer.ts"
import { bundledModels, findCheckpoint } from "../../store/store.ts"
import { wideEncodingOf } from "../../unicode-kind.ts"
import { adaptWeights } from "./adapt-weights.ts"
import { readStoredTensors } from "./stored-tensors.ts"
import type { ModelWeights } from "./weights.ts"

/** A checkpoint, read; its matrices stay in its files until they are asked for. */
export interface Checkpoint {
  readonly folder: string
  readonly config: ModelConfig
  readonly weights: ModelWeights
  readonly tokenizer: Tokenizer
}

/**
 * Reads a checkpoint's configuration, weights and tokenizer: what lacks one of them could be built, and not used.
 *
 * @param nameOrFolder - a folder, or the name of a bundled model
 * @throws ValenceError `model_not_found`, `model_invalid`
 */
export async function readCheckpoint(nameOrFolder: string): Promise<Checkpoint> {
  const folder = await findCheckpoint(nameOrFolder)
  const configFile = join(folder, "config.json")
  const json = await readModelText(configFile)
  const { family } = readConfig(json, configFile)
  const { file, tensors } = await readStoredTensors(folder)
  // Again, with the number of labels, which a config need not name.
  const config = readConfig(json, configFile, tensors.get(`${family.tensors.classifier}.weight`)?.shape[0])
  const weights = adaptWeights(tensors, config, file)
  return { folder, config, weights, tokenizer: await loadTokenizer(folder) }
}

/**
 * Token ids of the calibration texts, one array for each line that is not empty.
 *
 * @throws ValenceError `input_invalid` if there is no text; `model_invalid` if the model has no such ids
 */
export async function readCalibration(
  { folder, config, tokenizer }: Checkpoint,
  file = join(bundledModels, "calibration.txt"),
): Promise<Int32Array[]> {
  const bytes = await readFile(file).catch(cause => {
    throw new ValenceError("input_invalid", `calibrate must be a file of texts; ${asError(cause).message}`, { cause })
  })
  const lines = utf8Of(bytes, file)
    .split(/\r\n|\n|\r/)
    .filter(line => line.trim() !== "")
  if (lines.length === 0) throw new ValenceError("input_invalid", `calibrate must have a text on a line; got ${file}`)
  const { maxLength } = await readTask(folder, undefined)
  const encodings = (await tokenizer.encode(lines, maxLength)).map(({ inputIds }) => inputIds)
  requireVocabulary(encodings, config, folder)
  return encodings
}

function utf8Of(bytes: Buffer, file: string): string {
  const encoding = wideEncodingOf(bytes)?.name
  if (encoding === undefined && isUtf8(bytes)) return bytes.toString().replace(/^\ufeff/, "")
  const from = encoding ?? "ENCODING"
  throw new ValenceError(
    "input_invalid",
    `calibrate must be UTF-8${encoding === undefined ? "" : `, not ${encoding}`}: convert it: iconv -f ${from} -t UTF-8 ${file}`,
  )
}

function requireVocabulary(encodings: readonly Int32Array[], { vocabSize }: ModelConfig, folder: string): void {
  for (const inputIds of encodings)
    for (const id of inputIds)
      if (id >= vocabSize)
        throw new ValenceError(
          "model_invalid",
          `model ${folder} must have a tokenizer that gives ids below the config's vocab_size, ${vocabSize}; it gives ${id}`,
        )
}
