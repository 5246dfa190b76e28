import { RequestError } from "./problem.ts"

/**
 * The texts of a request that has one or many.
 *
 * @throws RequestError 400 where there is neither, or both
 */
export function oneOrMany(text: string | undefined, texts: readonly string[] | undefined): readonly string[] {
  if (text !== undefined && texts === undefined) return [text]
  if (texts !== undefined && text === undefined) return texts
  throw new RequestError(400, `/body must have text or texts; it has ${text === undefined ? "neither" : "both"}`)
}
