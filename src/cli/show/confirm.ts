import { createInterface } from "node:readline/promises"
import type { Readable, Writable } from "node:stream"

/** Asks a question on a terminal; whether the answer was yes. The end of the input is a no. */
export async function confirm(question: string, input: Readable, output: Writable): Promise<boolean> {
  const lines = createInterface({ input, output })
  const ended = new Promise<string>(resolve => lines.once("close", () => resolve("")))
  const answer = await Promise.race([lines.question(`${question} [y/N] `), ended])
  lines.close()
  return /^\s*y(es)?\s*$/i.test(answer)
}
