import { type ChaosCorpus, createCorpus } from "./corpus.ts"
import type { Disaster } from "./disaster.ts"
import { type DisasterKind, disasters } from "./disasters.ts"
import { ServerPlace } from "./places/server-place.ts"
import { SeededRandom } from "./seeded-random.ts"
import { Stage } from "./stage.ts"
import { playTrial, stopWorkers, type TrialResult } from "./trial.ts"

/** Seeds that a trial may use up before it is given up: each that came too late. */
const mostSeeds = 20

/** Trials that play on one stage. */
const trialsOnStage = 10

/** The trials of a kind. */
export interface Played {
  readonly kind: string
  readonly results: readonly TrialResult[]
  /** Trials in which the disaster came after the end; others took their places. */
  readonly tooLate: number
}

/** How trials are played. */
export interface Play {
  readonly trials: number
  /** Of the first trial; each that follows has the next. */
  readonly seed: number
  readonly parallel: number
  readonly rows: number
  readonly onResult?: (result: TrialResult) => void
}

/** A stage for trials of a kind: of a lexicon's workers, unless it needs devices. */
export async function openStage(kind: DisasterKind, corpus: ChaosCorpus, seed: number): Promise<Stage> {
  const disaster: Disaster = disasters[kind]
  const place = await (disaster.open?.() ?? ServerPlace.open())
  return Stage.open(corpus, new SeededRandom(seed), place, disaster)
}

/** A corpus for trials of a kind. */
export function corpusFor(kind: DisasterKind, rows: number): Promise<ChaosCorpus> {
  const { devices }: Disaster = disasters[kind]
  // A model takes its time: half the rows are enough to be in the middle of.
  return devices ? createCorpus("sentiment-small", Math.ceil(rows / 2), 20) : createCorpus("afinn-111", rows, 60)
}

/**
 * Plays a trial, and others in its place while the disaster comes after the end.
 *
 * @param onTooLate - called for each of these
 */
export async function playInTime(
  kind: DisasterKind,
  seed: number,
  stage: Stage,
  onTooLate = () => {},
): Promise<TrialResult> {
  for (let attempt = 0; attempt < mostSeeds; attempt++) {
    // Seeds of later attempts are out of the way of the other trials'.
    const result = await playTrial(kind, seed + attempt * 1_000_000, stage)
    if (result) return result
    onTooLate()
  }
  throw new Error(`a disaster of kind ${kind} must come before the end of the run; ${mostSeeds} in a row came too late`)
}

/** Plays trials of a kind. */
export async function playTrials(
  kind: DisasterKind,
  { trials, seed, parallel, rows, onResult }: Play,
): Promise<Played> {
  const corpus = await corpusFor(kind, rows)
  const results: TrialResult[] = []
  let [next, tooLate] = [0, 0]
  const note = (result: TrialResult) => {
    results.push(result)
    onResult?.(result)
  }
  const playSome = async () => {
    while (next < trials) {
      await using stage = await openStage(kind, corpus, seed + next)
      let last: TrialResult | undefined
      for (let played = 0; played < trialsOnStage && next < trials; played++) {
        if (last) note(last)
        last = await playInTime(kind, seed + next++, stage, () => tooLate++)
        // What a failed trial has left would be told of the next.
        if (last.problems.length > 0) break
      }
      const problems = await stopWorkers(stage)
      if (last) note({ ...last, problems: [...last.problems, ...problems] })
    }
  }
  await Promise.all(Array.from({ length: parallel }, playSome))
  return { kind, results, tooLate }
}
