/**
 * How much faster than the default another setting must be, in percent, and in how many rounds that take
 * turns with the default it must be faster at all. A setting that is no faster wins all of them once in 2^15 times at
 * most, on however busy a machine: which of the two goes first is random in each round.
 */
export const clearlyFaster = { percent: 10, rounds: 15 } as const

/** The rule by which tuning replaces a default, as `--help` says it. */
export const tuningRule = `more than ${clearlyFaster.percent} % faster than the default, and faster in each of ${clearlyFaster.rounds} rounds`

/**
 * What the measurement says of a setting: `default`; `largest`, the most that fits if there is no memory for the default, in
 * whose place the others are compared with it; `faster`, by the rule; `rejected`, no clear gain over the default, or less
 * than the chosen one's; `unsteady`, promising, but slower than the default in one of the rounds; `unfinished`, promising, but
 * the time was over before all rounds.
 */
export type TuningVerdict = "default" | "largest" | "faster" | "rejected" | "unsteady" | "unfinished"

/** A number of children and a token budget. */
export interface Setting {
  readonly children: number
  readonly maxBatchTokens: number
}

/** How fast a device was with a setting. */
export interface TuningPoint extends Setting {
  /** All children together, padding counted: for the default its median, for others that times `gain`. */
  readonly tokensPerSecond: number
  /** Times the default's speed: the median of the rounds, each of which compares the two within a short time. */
  readonly gain: number
  readonly verdict: TuningVerdict
}

/** What suits a device best, and what was measured to find it. */
export interface Tuning extends Setting {
  readonly tokensPerSecond: number
  /** By children and token budget. */
  readonly curve: readonly TuningPoint[]
  /** Whether there was time to measure every setting; if not, the default may have been kept for that. */
  readonly complete: boolean
  readonly measuredAt: string
}

/** The middle one, or the lower of the two in the middle; 0 of none. */
export function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.ceil(numbers.length / 2) - 1] ?? 0
}
