import { textProblem, textTooLong } from "../check-text.ts"
import { ValenceError } from "../errors.ts"
import type { EmptyText } from "../labeller.ts"
import type { Encoding } from "../model/tokenizer/tokenizer.ts"
import type { LengthLimits } from "../options.ts"
import type { Untokenised } from "./tokenising.ts"

/** Why a text cannot be labelled, if that is plain to see. */
export function refusal(text: unknown, maxTextLength: number, empty: EmptyText): ValenceError | undefined {
  const problem = textProblem(text, empty)
  if (problem) return problem
  const { length } = text as string
  if (length <= maxTextLength) return undefined
  const rule = `must have at most ${maxTextLength} UTF-16 units (maxTextLength)`
  return new ValenceError("text_invalid", `text ${rule}; got ${length}`)
}

/** Why a text cannot be labelled that has this many tokens. */
export function lengthRefusal({ tokens }: Encoding, { longText, maxLength }: LengthLimits) {
  return longText === "error" && tokens > maxLength ? textTooLong(tokens, maxLength) : undefined
}

/** Ids that are wanted of a text: only one that is truncated need not be read to its end. */
export function idsWanted({ longText, maxLength }: LengthLimits): number {
  return longText === "truncate" ? maxLength : Infinity
}

/** One text that is encoded only to know whether it can be labelled. */
export class TextCheck implements Untokenised {
  readonly text: string
  readonly maxLength: number
  /** Why it cannot be. */
  readonly done: Promise<ValenceError | undefined>
  readonly #refused: ValenceError | undefined
  readonly #lengths: LengthLimits
  #settle: (refused: ValenceError | undefined) => void = () => {}

  constructor(text: unknown, lengths: LengthLimits, maxTextLength: number, empty: EmptyText) {
    this.#refused = refusal(text, maxTextLength, empty)
    this.text = this.#refused ? "" : (text as string)
    this.maxLength = idsWanted(lengths)
    this.#lengths = lengths
    this.done = new Promise(resolve => {
      this.#settle = resolve
    })
  }

  encoded(outcome: Encoding | ValenceError): void {
    const refused = outcome instanceof ValenceError ? outcome : lengthRefusal(outcome, this.#lengths)
    this.#settle(this.#refused ?? refused)
  }
}
