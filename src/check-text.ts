import { ValenceError } from "./errors.ts"

const firstVisibleAscii = 0x21
const lastVisibleAscii = 0x7e
/** A character that is neither white space nor ignorable, as zero-width characters and byte order marks are. */
const visible = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}]/u

/** Whether a text has no character that can be seen: it is empty, white space, or only zero-width characters. */
export function isBlank(text: string): boolean {
  const first = text.charCodeAt(0)
  if (first >= firstVisibleAscii && first <= lastVisibleAscii) return false
  return !visible.test(text)
}

/**
 * Why something is no text that can be labelled; `undefined` if it is one.
 *
 * @param empty - what is done with blank texts
 */
export function textProblem(text: unknown, empty: "error" | "label"): ValenceError | undefined {
  if (typeof text !== "string")
    return new ValenceError("text_invalid", `text must be a string; got ${text === null ? "null" : typeof text}`)
  return empty === "error" && isBlank(text) ? textEmpty() : undefined
}

/** The error of a blank text. */
export function textEmpty(): ValenceError {
  return new ValenceError("text_empty", "text must have a visible character; it is empty or only white space")
}

/**
 * The error of a text that is longer than it may be, if `longText` is `error`.
 *
 * @param unit - what is counted: `tokens`, or `words` for a lexicon
 */
export function textTooLong(length: number, maxLength: number, unit = "tokens"): ValenceError {
  const rule = `text must have at most ${maxLength} ${unit} (maxLength) where longText is error`
  return new ValenceError("text_too_long", `${rule}; got ${length}`)
}
