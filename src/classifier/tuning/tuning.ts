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

/** What was measured of a point: tokens a second in each round, `undefined` in rounds that ended before its turn. */
export interface Measured {
  readonly children: number
  readonly maxBatchTokens: number
  readonly speeds: readonly (number | undefined)[]
}

/** Another point than the default must be so much faster: less is noise, and the default is known well. */
const clearlyFaster = 1.1

/** The middle one; 0 of none. */
export function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0
}

const known = (speeds: Measured["speeds"]) => speeds.filter(speed => speed !== undefined)

/** How many times as fast a point was as another, in the rounds that measured both: what else the machine did, it did to both. */
function gainOver(usual: Measured, { speeds }: Measured): number {
  const ratios = speeds.map((speed, round) => {
    const usualSpeed = usual.speeds[round]
    return speed === undefined || usualSpeed === undefined ? undefined : speed / usualSpeed
  })
  return median(known(ratios))
}

/** The fastest point, or the one that goes without measuring where no other is clearly faster; `undefined` of none. */
export function choosePoint<P extends Measured>(points: readonly P[], isDefault: (point: P) => boolean): P | undefined {
  const usual = points.find(isDefault)
  const gainOf = (point: P) => (usual ? gainOver(usual, point) : median(known(point.speeds)))
  const [best] = [...points].sort((a, b) => gainOf(b) - gainOf(a))
  return usual && best && gainOf(best) <= clearlyFaster ? usual : best
}
