import Table from "cli-table3"
import type { DeadLetter } from "../../queue/dead/dead-letters.ts"
import { showLine } from "./show-line.ts"
import { showDuration } from "./show-numbers.ts"

/** A table that dead letters are put into. */
export interface LetterTable {
  push(letter: DeadLetter): void
  toString(): string
}

/** @param nowMs - what ages are counted to, ms since 1970 */
export function letterTable(nowMs: number): LetterTable {
  const head = ["id", "code", "attempts", "age", "texts", "message"]
  const table = new Table({ head, style: { head: [], border: [] } })
  return {
    push({ id, cause, attempts, failedMs, data }) {
      const age = showDuration(Math.max(0, nowMs - failedMs))
      // An id is there to be typed again: it is not cut.
      table.push([showLine(id, 500), showLine(cause.code), attempts, age, textsOf(data), showLine(cause.message)])
    },
    toString: () => table.toString(),
  }
}

/** How many texts a job has; unknown for an invalid one. */
function textsOf(data: unknown): number | string {
  const { texts } = (data ?? {}) as { readonly texts?: unknown }
  return Array.isArray(texts) ? texts.length : ""
}
