import { ValenceError } from "./errors.ts"

/** Why something is no text at all; `undefined` for a string, whatever is in it. */
export function textProblem(text: unknown): ValenceError | undefined {
  if (typeof text === "string") return undefined
  return new ValenceError("text_invalid", `text must be a string; got ${text === null ? "null" : typeof text}`)
}
