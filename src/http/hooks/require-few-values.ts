import { setImmediate as nextTurn } from "node:timers/promises"
import { hasMoreValues, ValueCount } from "../../corpus/records/few-values.ts"
import { RequestError } from "../problem.ts"

/** The most values that a row of a corpus may have. */
export const mostRowValues = 20_000
/** Values per text in a body: itself, and the object and the list that it may be in. */
const valuesOfText = 4

/** The most values that a JSON body may have. */
export const mostValues = (maxTexts: number) => mostRowValues + valuesOfText * maxTexts

/**
 * Refuses JSON with more values than any request needs. `JSON.parse` takes a second for ten megabytes of small values, and a server
 * answers no one meanwhile; for the same bytes in a few strings it takes some milliseconds.
 *
 * @param body - what may be JSON, in UTF-8
 * @throws RequestError 413
 */
export function requireFewValues(body: Uint8Array, most: number): void {
  if (hasMoreValues(body, most)) throw tooMany(most)
}

const tooMany = (most: number) => new RequestError(413, `a JSON body must have at most ${most} values`)

/** Bytes that are looked at in one turn of the event loop. */
const bytesAtOnce = 1024 * 1024

/**
 * The same for a body that may be long: others get a turn of the event loop meanwhile.
 *
 * @throws RequestError 413
 */
export async function requireFewValuesInTurns(body: Uint8Array, most: number): Promise<void> {
  const count = new ValueCount(most)
  for (let at = 0; at < body.length; at += bytesAtOnce) {
    if (at > 0) await nextTurn()
    if (count.push(body.subarray(at, at + bytesAtOnce))) throw tooMany(most)
  }
  if (body.length > bytesAtOnce) await nextTurn()
}
