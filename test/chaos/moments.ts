import { setTimeout as wait } from "node:timers/promises"
import { toBeTrue } from "../cli/run-valence.ts"
import type { SeededRandom } from "./seeded-random.ts"
import type { Stage } from "./stage.ts"

/** The run had ended when the disaster struck: a trial that says nothing. */
export class TooLate extends Error {}

/**
 * Strikes at random moments after places of the output, of which the first must come before the end of the run; the
 * others are for runs that last.
 */
export async function strikeAt(
  places: readonly number[],
  stage: Stage,
  random: SeededRandom,
  strike: () => Promise<void>,
): Promise<void> {
  for (const [index, from] of places.entries()) {
    try {
      await randomMoment(stage, random, from)
      await strike()
    } catch (error) {
      if (index === 0 || !(error instanceof TooLate)) throw error
      return
    }
  }
}

/** Waits for a random moment of the run: a place in its output and some ms after it, or a time alone. */
export async function randomMoment(stage: Stage, random: SeededRandom, from = 0): Promise<void> {
  const { producer } = stage
  const place = stage.corpus.labelled.length * random.between(from, 0.8)
  const laterMs = random.next() < 0.5 ? 0 : random.between(0, 20)
  if (from === 0 && random.next() < 0.15) await wait(random.between(0, 1000))
  else {
    await toBeTrue(() => stage.outputBytes >= place || producer?.runs !== true)
    await wait(laterMs)
  }
  requireMiddle(stage)
}

/** Whether the run is under way. */
export const isMiddle = ({ producer, outputBytes, corpus }: Stage) =>
  producer?.runs === true && outputBytes < corpus.labelled.length

/** @throws TooLate if the run has ended */
export function requireMiddle(stage: Stage): void {
  if (!isMiddle(stage)) throw new TooLate("the run had ended")
}
