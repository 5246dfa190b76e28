import { newline, quote } from "./quoted-record.ts"
import type { RecordRules } from "./record.ts"

/** Where in a record a byte is. */
type Mode = "field start" | "plain" | "quoted" | "after quote"

/**
 * Passes over what is left of a record with quotes that is longer than a row may be, without keeping its bytes. After another
 * `maxRowBytes` it ends at the next line end, inside quotes or not.
 */
export class SkippedRecord {
  /** Line ends that were passed over. */
  lines = 0
  readonly #rules: RecordRules
  #mode: Mode
  #escaped = false
  #left: number

  constructor(rules: RecordRules, atFieldStart: boolean) {
    this.#rules = rules
    this.#mode = atFieldStart ? "field start" : "plain"
    this.#left = rules.maxRowBytes
  }

  /** Where the record's line ending is, from a place on; -1 if it has not come. */
  end(buffer: Buffer, from: number): number {
    for (let at = from; at < buffer.length; at++) {
      const byte = buffer[at] as number
      this.#left--
      if (byte === newline) {
        this.lines++
        if (this.#mode !== "quoted" || this.#left < 0) return at
      }
      this.#pass(byte)
    }
    return -1
  }

  #pass(byte: number): void {
    const { delimiter, escape: escaping } = this.#rules
    if (this.#mode === "quoted") {
      if (this.#escaped) this.#escaped = false
      else if (byte === escaping) this.#escaped = true
      else if (byte === quote) this.#mode = "after quote"
    } else if (byte === quote && this.#mode !== "plain") this.#mode = "quoted"
    else this.#mode = byte === delimiter ? "field start" : "plain"
  }
}
