import type { Reading } from "./reference.ts"
import { type ActivationRange, roundScale } from "./scales.ts"

/** The least and the most that each channel of a value was seen to hold; 0 is always in between. */
export interface ChannelRanges {
  readonly low: Float32Array
  readonly high: Float32Array
}

/** Channels that were never seen to differ from 0, and weights that are 0, count as this much. */
const LEAST = 1e-5

/**
 * How a value could be quantised: its whole range as it was seen, with each channel divided by
 * largest activation^alpha / largest weight^(1 - alpha), the factor of SmoothQuant (arXiv 2211.10438).
 *
 * @param weights - the largest weight of each channel, as `largestWeights` gives it
 * @param alpha - 0 leaves all the unevenness to the activations, 1 moves all of it into the weights; `undefined`
 * divides by nothing
 */
export function smoothedRange(
  weights: Float32Array,
  ranges: ChannelRanges,
  alpha: number | undefined,
): ActivationRange {
  if (alpha === undefined) return rangeOf(ranges, undefined)
  const activations = largestActivations(ranges)
  const factors = Array.from(
    weights,
    (weight, channel) => Math.max(activations[channel] ?? 0, LEAST) ** alpha / Math.max(weight, LEAST) ** (1 - alpha),
  )
  const mean = Math.exp(factors.reduce((sum, factor) => sum + Math.log(factor), 0) / factors.length)
  return rangeOf(
    ranges,
    factors.map(factor => roundScale(factor / mean)),
  )
}

function rangeOf({ low, high }: ChannelRanges, smoothing: number[] | undefined): ActivationRange {
  let [least, most] = [0, 0]
  for (let channel = 0; channel < low.length; channel++) {
    const factor = smoothing?.[channel] ?? 1
    least = Math.min(least, (low[channel] ?? 0) / factor)
    most = Math.max(most, (high[channel] ?? 0) / factor)
  }
  return { low: roundScale(least), high: roundScale(most), ...(smoothing && { smoothing }) }
}

/** The largest activation of each channel, without its sign. */
export function largestActivations({ low, high }: ChannelRanges): Float32Array {
  return high.map((most, channel) => Math.max(most, -(low[channel] ?? 0)))
}

/** The largest weight, without its sign, by which each channel of a value is multiplied. */
export function largestWeights({ channels, readers }: Reading): Float32Array {
  const largest = new Float32Array(channels)
  for (const { weight, outputs } of readers.values()) {
    const weights = weight()
    for (let channel = 0, i = 0; channel < channels; channel++)
      for (let output = 0; output < outputs; output++, i++)
        largest[channel] = Math.max(largest[channel] ?? 0, Math.abs(weights[i] ?? 0))
  }
  return largest
}
