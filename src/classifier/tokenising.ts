import { asError, ValenceError } from "../errors.ts"
import type { Encoding, Tokenizer } from "../model/tokenizer.ts"

/** A text that waits to be encoded. */
export interface Untokenised {
  readonly text: string
  readonly maxLength: number
  /** No longer wanted: it is not encoded. */
  readonly dropped?: boolean
  /** Called once. */
  encoded(outcome: Encoding | ValenceError): void
}

/** Texts in one call of the tokenizer: enough to spread its fixed cost, few enough to end in milliseconds. */
const MAX_TEXTS = 256
/** A longer text is encoded in a call of its own, so that short ones do not wait for it. UTF-16 units. */
const LONG_TEXT_LENGTH = 20_000

/**
 * Encodes what waits together, off the event loop: while one call is under way, newcomers gather for the next.
 */
export class Tokenising {
  readonly #tokenizer: Tokenizer
  #waiting: Untokenised[] = []
  #busy = false

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer
  }

  /** Interactive texts are put in front of the bulk texts that wait. */
  add(texts: readonly Untokenised[], inFront: boolean): void {
    const short = texts.filter(entry => entry.text.length <= LONG_TEXT_LENGTH)
    for (const entry of texts) if (entry.text.length > LONG_TEXT_LENGTH) void this.#encode([entry])
    this.#waiting = inFront ? [...short, ...this.#waiting] : [...this.#waiting, ...short]
    if (!this.#busy) void this.#encodeAll()
  }

  async #encodeAll(): Promise<void> {
    this.#busy = true
    // Texts that arrive in one turn of the event loop are encoded together.
    await new Promise(resolve => setImmediate(resolve))
    while (this.#waiting.length > 0) {
      const first = this.#waiting[0] as Untokenised
      const other = this.#waiting.findIndex(entry => entry.maxLength !== first.maxLength)
      await this.#encode(this.#waiting.splice(0, Math.min(MAX_TEXTS, other === -1 ? Infinity : other)))
    }
    this.#busy = false
  }

  async #encode(entries: readonly Untokenised[]): Promise<void> {
    const wanted = entries.filter(entry => !entry.dropped)
    const first = wanted[0]
    if (!first) return
    try {
      const texts = wanted.map(entry => entry.text)
      const encodings = await this.#tokenizer.encode(texts, first.maxLength)
      wanted.forEach((entry, index) => {
        entry.encoded(encodings[index] as Encoding)
      })
    } catch (cause) {
      if (wanted.length > 1) for (const entry of wanted) await this.#encode([entry])
      else
        first.encoded(
          new ValenceError("text_invalid", `text cannot be tokenised: ${asError(cause).message}`, { cause }),
        )
    }
  }
}
