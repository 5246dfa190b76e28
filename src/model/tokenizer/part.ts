/** A JSON object of a `tokenizer.json`. */
export type Part = Readonly<Record<string, unknown>>

/** What is wrong with a part: a rule, to be read after "must"; `undefined` if nothing is. */
export type Check = (part: Part) => string | undefined

/** The parts of one kind that are known to do no harm, by their type, and what a sequence calls its list of them. */
export interface KnownParts {
  readonly list: string
  readonly checks: Readonly<Record<string, Check>>
}

/** Whether a value is a JSON object. */
export function isPart(value: unknown): value is Part {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
