import { isErrorCode, ValenceError } from "../errors.ts"
import type { Failed, Labelled, LabelledText, Labeller, LabelOptions } from "../labeller.ts"
import { RequestError } from "./problem.ts"
import type { LabelRequest, LabelResponse } from "./schemas.ts"
import { labellerOf } from "./server-context.ts"
import type { ServerInputs } from "./server-inputs.ts"

/** What a body of `/v1/label` asks for. */
export interface LabelCall {
  readonly labeller: Labeller
  readonly texts: readonly string[]
  readonly options: LabelOptions
  /** Whether it is one `text`: then its error is the answer's. */
  readonly single: boolean
}

/**
 * Reads a body of `/v1/label` that its schema has accepted.
 *
 * @throws RequestError 400 if there is neither text nor texts, or both; ValenceError `model_not_found`
 */
export function labelCallOf(served: ServerInputs, { text, texts, model, ...options }: LabelRequest): LabelCall {
  const labeller = labellerOf(served, model)
  return { labeller, texts: oneOrMany(text, texts), options, single: text !== undefined }
}

/**
 * The texts of a request that has one or many.
 *
 * @throws RequestError 400 if there is neither, or both
 */
export function oneOrMany(text: string | undefined, texts: readonly string[] | undefined): readonly string[] {
  if (text !== undefined && texts === undefined) return [text]
  if (texts !== undefined && text === undefined) return texts
  throw new RequestError(400, `/body must have text or texts; it has ${text === undefined ? "neither" : "both"}`)
}

/** @throws RequestError 413 for more texts than a request may have */
export function requireFewTexts(texts: readonly string[], maxTexts: number): void {
  if (texts.length > maxTexts)
    throw new RequestError(413, `a request must have at most ${maxTexts} texts; got ${texts.length}`)
}

/**
 * The answer to a call.
 *
 * @throws ValenceError why a single text has no label
 */
export function labelAnswerOf({ labeller, single }: LabelCall, results: readonly LabelledText[]): LabelResponse {
  if (single) requireLabels(results.slice(0, 1))
  const { name, revision, dtype } = labeller.model
  return { model: { name, revision, dtype }, results: results as LabelResponse["results"] }
}

/**
 * Results that all have a label, for answers without a place for a text's own error.
 *
 * @throws ValenceError why the first text without a label has none, and which text that is if there are several
 */
export function requireLabels(results: readonly LabelledText[]): readonly Labelled[] {
  requireNoErrors(results)
  return results as readonly Labelled[]
}

/** @throws ValenceError the first error among the texts, and which text that is if there are several */
export function requireNoErrors(
  texts: readonly ({ readonly error?: Failed["error"] | undefined } | undefined)[],
): void {
  for (const [index, text] of texts.entries()) {
    if (!text?.error) continue
    const { code, message } = text.error
    const which = texts.length === 1 ? "" : `, text ${index + 1} of ${texts.length}`
    throw new ValenceError(isErrorCode(code) ? code : "text_failed", `${message}${which}`)
  }
}
