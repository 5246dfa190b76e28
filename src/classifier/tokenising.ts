import { asError, ValenceError } from "../errors.ts"
import type { ClassifierEmitter } from "../events.ts"
import type { Lane } from "../labeller.ts"
import type { Encoding, Tokenizer } from "../model/tokenizer/tokenizer.ts"
import { Fifo } from "./batcher/fifo.ts"

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
/** Places of a call that interactive texts leave to bulk texts that wait. */
const BULK_TEXTS = 64
/** A longer text waits in a line of its own, so that short ones do not wait for it. UTF-16 units. */
const LONG_TEXT_LENGTH = 20_000

/** Texts that are encoded one call after the other, in order of arrival, interactive ones first. */
class Line {
  readonly #tokenizer: Tokenizer
  readonly #maxTexts: number
  readonly #bulkTexts: number
  readonly #events: ClassifierEmitter | undefined
  readonly #lanes = { interactive: new Fifo<Untokenised>(), bulk: new Fifo<Untokenised>() }
  #busy = false

  constructor(tokenizer: Tokenizer, maxTexts: number, bulkTexts: number, events: ClassifierEmitter | undefined) {
    this.#tokenizer = tokenizer
    this.#maxTexts = maxTexts
    this.#bulkTexts = bulkTexts
    this.#events = events
  }

  add(entry: Untokenised, lane: Lane): void {
    this.#lanes[lane].push(entry)
    if (!this.#busy) void this.#encodeAll()
  }

  async #encodeAll(): Promise<void> {
    this.#busy = true
    const { interactive, bulk } = this.#lanes
    while (interactive.size + bulk.size > 0) {
      // Texts that arrive in one turn of the event loop are encoded together. A call may end in its own turn.
      await new Promise(resolve => setImmediate(resolve))
      const entries: Untokenised[] = []
      take(interactive, entries, this.#maxTexts - Math.min(bulk.size, this.#bulkTexts))
      take(bulk, entries, this.#maxTexts)
      const startedMs = performance.now()
      await encode(this.#tokenizer, entries)
      this.#events?.emit("tokenised", { texts: entries.length, ms: performance.now() - startedMs })
    }
    this.#busy = false
  }
}

/** Moves those who are still wanted from a line to a call, until that holds `most`. */
function take(line: Fifo<Untokenised>, entries: Untokenised[], most: number): void {
  while (entries.length < most && line.size > 0) {
    const entry = line.shift()
    if (entry && !entry.dropped) entries.push(entry)
  }
}

/** Encodes texts together; if that fails, one by one, so that a text fails alone. */
async function encode(tokenizer: Tokenizer, entries: readonly Untokenised[]): Promise<void> {
  const [first] = entries
  if (!first) return
  try {
    const texts = entries.map(({ text }) => text)
    const maxLengths = entries.map(({ maxLength }) => maxLength)
    const encodings = await tokenizer.encode(texts, maxLengths)
    entries.forEach((entry, index) => {
      entry.encoded(encodings[index] as Encoding)
    })
  } catch (cause) {
    if (entries.length > 1) for (const entry of entries) await encode(tokenizer, [entry])
    else
      first.encoded(new ValenceError("text_invalid", `text cannot be tokenised: ${asError(cause).message}`, { cause }))
  }
}

/** Encodes what waits together, a call in a turn of the event loop at most: newcomers gather for the next. */
export class Tokenising {
  readonly #short: Line
  readonly #long: Line

  constructor(tokenizer: Tokenizer, events?: ClassifierEmitter) {
    this.#short = new Line(tokenizer, MAX_TEXTS, BULK_TEXTS, events)
    this.#long = new Line(tokenizer, 1, 0, events)
  }

  add(entry: Untokenised, lane: Lane): void {
    const line = entry.text.length > LONG_TEXT_LENGTH ? this.#long : this.#short
    line.add(entry, lane)
  }
}
