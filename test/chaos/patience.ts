import { playLong } from "./long-job.ts"
import type { Played } from "./play-trials.ts"
import { playAway } from "./redis-away.ts"
import type { TrialResult } from "./trial.ts"

/** Longer than BullMQ's and Valence's locks of 30 s. */
const longMs = 40_000
const awayMs = 20_000

/** Trials that take their time and have no seed. */
export const patienceKinds = {
  long: () => playLong({ labelMs: longMs }),
  away: () => playAway(awayMs),
} as const satisfies Record<string, () => Promise<TrialResult>>

/** Of these trials one is played for so many of the others. */
const othersForOne = 50

/** Plays trials of a kind, one for fifty that are asked for, all the same. */
export async function playPatience(
  kind: keyof typeof patienceKinds,
  trials: number,
  onResult: (result: TrialResult) => void,
): Promise<Played> {
  const results: TrialResult[] = []
  for (let played = 0; played < Math.ceil(trials / othersForOne); played++) {
    const result = await patienceKinds[kind]()
    results.push(result)
    onResult(result)
  }
  return { kind, results, tooLate: 0 }
}
