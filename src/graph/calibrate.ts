import type { ModelConfig } from "../model/config.ts"
import { copyChannels, outlierCopies } from "./copy-channels.ts"
import { hiddenName } from "./distilbert.ts"
import { type LayerError, layerError } from "./layer-error.ts"
import { Observed, type Reading } from "./observe.ts"
import { type ActivationRange, roundScale, type Scales } from "./scales.ts"
import { type ChannelRanges, smoothedRange } from "./smoothing.ts"
import type { ModelWeights } from "./weights.ts"

/** How much of a value's unevenness moves into the weights; `undefined`: none, and no channel is divided. */
const ALPHAS = [undefined, 0.5, 0.7, 0.8, 0.9, 1] as const
/** Tokens on which a candidate's error is measured. */
const SAMPLE_TOKENS = 2048

/** What calibration found for one value. */
export interface Calibrated {
  readonly value: string
  readonly alpha: number | undefined
  /** Squared error of the layers that read it, as a share of their output's mean square: as chosen, and unsmoothed. */
  readonly error: number
  readonly unsmoothedError: number
}

/** Everything that was seen of one value. */
class Seen {
  readonly ranges: ChannelRanges
  readonly #sample: Float32Array
  readonly #channels: number
  readonly #stride: number
  #tokens = 0
  #sampled = 0

  constructor(channels: number, totalTokens: number) {
    this.ranges = { low: new Float32Array(channels), high: new Float32Array(channels) }
    this.#channels = channels
    this.#stride = Math.max(1, Math.ceil(totalTokens / SAMPLE_TOKENS))
    this.#sample = new Float32Array(SAMPLE_TOKENS * channels)
  }

  /** float32, shape [tokens, channels]: the tokens that were sampled. */
  get sample(): Float32Array {
    return this.#sample.subarray(0, this.#sampled * this.#channels)
  }

  add(activations: Float32Array): void {
    const { low, high } = this.ranges
    for (let from = 0; from < activations.length; from += this.#channels, this.#tokens++) {
      const token = activations.subarray(from, from + this.#channels)
      for (let channel = 0; channel < token.length; channel++) {
        const value = token[channel] ?? 0
        if (value < (low[channel] ?? 0)) low[channel] = value
        if (value > (high[channel] ?? 0)) high[channel] = value
      }
      if (this.#tokens % this.#stride === 0) this.#sample.set(token, this.#sampled++ * this.#channels)
    }
  }
}

/**
 * Finds the scales of an int8 graph. What each linear layer reads is seen in the float32 graph: first to find the
 * outlier channels that get copies, then, with the copies, to choose for each value the smoothing whose layers have the
 * least error; what their outputs lack on average joins their biases.
 *
 * @param encodings - token ids of the calibration texts
 * @param onValue - called for each value once its range is chosen
 */
export async function calibrate(
  config: ModelConfig,
  weights: ModelWeights,
  encodings: readonly Int32Array[],
  onValue: (found: Calibrated) => void = () => {},
): Promise<Scales> {
  const before = await observe(config, weights, encodings)
  const copies = weights.layers.map((_, layer) =>
    outlierCopies(before.get(hiddenName(layer))?.seen.ranges.high ?? new Float32Array()),
  )
  const activations: Record<string, ActivationRange> = {}
  const biasCorrections: Record<string, readonly number[]> = {}
  for (const { reading, seen } of (await observe(config, copyChannels(weights, copies), encodings)).values()) {
    const { range, biases, ...found } = await chooseSmoothing(reading, seen)
    activations[reading.value] = range
    for (const [layer, bias] of biases) biasCorrections[layer] = Array.from(bias, roundScale)
    onValue({ value: reading.value, ...found })
  }
  return { activations, biasCorrections, copies }
}

/** By value: who reads it, and what was seen of it over all texts. */
async function observe(config: ModelConfig, weights: ModelWeights, encodings: readonly Int32Array[]) {
  const observed = await Observed.load(config, weights)
  const tokens = encodings.reduce((sum, ids) => sum + ids.length, 0)
  const values = new Map(
    observed.readings.map(reading => [reading.value, { reading, seen: new Seen(reading.channels, tokens) }]),
  )
  for (const inputIds of encodings)
    await observed.run(inputIds, (value, activations) => values.get(value)?.seen.add(activations))
  await observed.release()
  return values
}

async function chooseSmoothing(reading: Reading, { ranges, sample }: Seen) {
  const tried: (LayerError & { alpha: number | undefined; range: ActivationRange })[] = []
  for (const alpha of ALPHAS) {
    const range = smoothedRange(reading, ranges, alpha)
    tried.push({ alpha, range, ...(await layerError(reading, sample, range)) })
  }
  const best = tried.reduce((a, b) => (b.error < a.error ? b : a))
  return { ...best, unsmoothedError: tried[0]?.error ?? best.error }
}
