import { closeSync, fstatSync, openSync, readSync } from "node:fs"
import { asError, ValenceError } from "../../errors.ts"

/** Bytes that are read where they are needed, as a checkpoint may be larger than what memory should hold. */
export interface FileBytes {
  readonly length: number
  read(begin: number, end: number): Uint8Array
}

/**
 * The bytes of a file that belongs to a model.
 *
 * @throws ValenceError `model_not_found`, here or later, if it cannot be read
 */
export function openFileBytes(file: string): FileBytes {
  return {
    length: opened(file, descriptor => fstatSync(descriptor).size),
    read: (begin, end) => opened(file, descriptor => readWhole(descriptor, begin, end)),
  }
}

function opened<T>(file: string, use: (descriptor: number) => T): T {
  try {
    const descriptor = openSync(file, "r")
    try {
      return use(descriptor)
    } finally {
      closeSync(descriptor)
    }
  } catch (cause) {
    throw new ValenceError("model_not_found", `${file} must be readable; ${asError(cause).message}`, { cause })
  }
}

/** One call gives 2 GiB at most. */
function readWhole(descriptor: number, begin: number, end: number): Uint8Array {
  const bytes = new Uint8Array(end - begin)
  for (let at = 0; at < bytes.length; ) {
    const got = readSync(descriptor, bytes, at, Math.min(bytes.length - at, 2 ** 30), begin + at)
    if (got === 0) throw new Error(`it ends before byte ${end}`)
    at += got
  }
  return bytes
}
