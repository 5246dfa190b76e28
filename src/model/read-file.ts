import { readFile, stat } from "node:fs/promises"
import { asError, ValenceError } from "../errors.ts"

/** No file of text that belongs to a model is larger: the tokenizers of 250,000 pieces take 17 MB. */
const MAX_TEXT_BYTES = 256_000_000

/**
 * The bytes of a file that belongs to a model.
 *
 * @throws ValenceError `model_not_found`
 */
export async function readModelFile(file: string): Promise<Buffer> {
  return readFile(file).catch(cause => {
    throw new ValenceError("model_not_found", `${file} must be readable; ${asError(cause).message}`, { cause })
  })
}

/**
 * As `readModelFile`, as text.
 *
 * @throws ValenceError `model_not_found`; `model_invalid` if it is larger than such a file can be
 */
export async function readModelText(file: string): Promise<string> {
  const size = await stat(file).then(
    found => found.size,
    () => 0,
  )
  if (size > MAX_TEXT_BYTES)
    throw new ValenceError("model_invalid", `${file} must have at most ${MAX_TEXT_BYTES} bytes; it has ${size}`)
  return (await readModelFile(file)).toString("utf8")
}

/** As `readModelText`; `undefined` if there is no such file. */
export async function readModelTextIfThere(file: string): Promise<string | undefined> {
  return readModelText(file).catch(error => {
    if ((error as ValenceError).cause instanceof Error && isMissing((error as ValenceError).cause)) return undefined
    throw error
  })
}

const isMissing = (cause: unknown) => (cause as NodeJS.ErrnoException).code === "ENOENT"
