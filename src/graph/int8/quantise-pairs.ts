/*
 * Weights whose products no CPU gets wrong. A CPU without VNNI multiplies uint8 by int8 two by two: the products of two
 * neighbours along the inner dimension, (0, 1), (2, 3) and so on, are added in 16 bits, and what does not fit becomes
 * 32,767 or -32,768. Codes of activations are 255 at most, so two weights whose codes add up to 128 at most, signs
 * included, always fit: 255 * 128 = 32,640.
 */

/** The largest code of a weight. */
const MOST = 127
/** The largest sum of two neighbours' codes. */
const MOST_OF_PAIR = 128
/** The smallest float32 that has all its digits: a smaller scale would be rounded so far that codes no longer fit. */
const LEAST_SCALE = 2 ** -126

/** Weights as codes, value = code * scale, with the smallest scale at which every code and every pair of neighbours fits. */
export function quantisePairs(weights: Float64Array): { readonly codes: Int8Array; readonly scale: number } {
  const smallest = smallestScale(weights)
  const scale = smallest === 0 ? 1 : Math.fround(Math.max(smallest, LEAST_SCALE))
  const codes = Int8Array.from(weights, weight => Math.max(-MOST, Math.min(MOST, Math.round(weight / scale))))
  for (let i = 0; i + 1 < codes.length; i += 2) {
    const sum = (codes[i] ?? 0) + (codes[i + 1] ?? 0)
    if (Math.abs(sum) <= MOST_OF_PAIR) continue
    // Both were rounded away from 0: the one that moved farther goes back.
    const moved = (at: number) => Math.abs(codes[at] ?? 0) - Math.abs((weights[at] ?? 0) / scale)
    const back = moved(i) > moved(i + 1) ? i : i + 1
    codes[back] = (codes[back] ?? 0) - Math.sign(sum)
  }
  return { codes, scale }
}

function smallestScale(weights: Float64Array): number {
  let [most, mostOfPair] = [0, 0]
  for (let i = 0; i < weights.length; i += 2) {
    const [first, second] = [weights[i] ?? 0, weights[i + 1] ?? 0]
    most = Math.max(most, Math.abs(first), Math.abs(second))
    mostOfPair = Math.max(mostOfPair, Math.abs(first + second))
  }
  return Math.max(most / MOST, mostOfPair / MOST_OF_PAIR)
}
