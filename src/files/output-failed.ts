import { asError, ValenceError } from "../errors.ts"

/** What is thrown if the system refuses to write a file that it is to have: the disk is full, or the folder read-only. */
export function outputFailed(path: string, cause: unknown): ValenceError {
  return new ValenceError("output_failed", `output ${path} cannot be written: ${asError(cause).message}`, { cause })
}
