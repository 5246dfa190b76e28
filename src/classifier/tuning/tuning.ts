/** How fast a device was with so many children and so many tokens in a micro-batch. */
export interface TuningPoint {
  readonly children: number
  readonly maxBatchTokens: number
  /** Of all children together, padding counted. */
  readonly tokensPerSecond: number
}

/** What suits a device best, and what was measured to find it. */
export interface Tuning extends TuningPoint {
  /** In the order in which they were measured. */
  readonly curve: readonly TuningPoint[]
  readonly measuredAt: string
}

/** Another point than the default must be so much faster: less is noise, and the default is known well. */
const clearlyFaster = 1.05

/**
 * The fastest point, or the one that goes without measuring where no other is clearly faster.
 *
 * @param curve - not empty
 */
export function choosePoint(
  curve: readonly TuningPoint[],
  isDefault: (point: TuningPoint) => boolean,
): TuningPoint | undefined {
  const best = curve.reduce<TuningPoint | undefined>(
    (fastest, point) => (fastest && fastest.tokensPerSecond >= point.tokensPerSecond ? fastest : point),
    undefined,
  )
  const usual = curve.find(isDefault)
  if (best === undefined || usual === undefined) return best
  return best.tokensPerSecond > usual.tokensPerSecond * clearlyFaster ? best : usual
}
