import { ValenceError } from "./errors.ts"

/** Why something is no text at all; `undefined` for a string, whatever is in it. */
export function textProblem(text: unknown): ValenceError | undefined {
  if (typeof text === "string") return undefined
  return new ValenceError("text_invalid", `text must be a string; got ${text === null ? "null" : typeof text}`)
}

/**
 * What a text has instead of a label that is longer than it may be, where `longText` is `error`.
 *
 * @param unit - what is counted: `tokens`, of a lexicon `words`
 */
export function textTooLong(length: number, maxLength: number, unit = "tokens"): ValenceError {
  const rule = `text must have at most ${maxLength} ${unit} (maxLength) where longText is error`
  return new ValenceError("text_too_long", `${rule}; got ${length}`)
}
