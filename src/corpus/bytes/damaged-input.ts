/** A compressed input whose bytes are damaged or cut off: what was read before that place was decoded. */
export class DamagedInput extends Error {
  /** Where in the file, in bytes as they are stored. */
  readonly byte: number

  constructor(what: string, byte: number) {
    super(`${what} at byte ${byte}`)
    this.name = "DamagedInput"
    this.byte = byte
  }
}

/** The file ends if it must not. */
export function cutOff(what: string, byte: number): DamagedInput {
  return new DamagedInput(`${what} is cut off: the file ends`, byte)
}
