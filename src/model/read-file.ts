import { readFile } from "node:fs/promises"
import { asError, ValenceError } from "../errors.ts"

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

/** As `readModelFile`, as text. */
export async function readModelText(file: string): Promise<string> {
  return (await readModelFile(file)).toString("utf8")
}
