import type { ModelConfig } from "../model/config.ts"
import { outlierCopies, sourcesOf, withCopies } from "./copy-channels.ts"
import { type LayerError, ReadersError } from "./layer-error.ts"
import { type Reading, runReference, type Stage, type Watcher } from "./reference.ts"
import { type ActivationRange, roundScale, type Scales } from "./scales.ts"
import { channelsOf, type Sample, Seen } from "./seen.ts"
import { largestWeights, smoothedRange } from "./smoothing.ts"
import { hiddenName } from "./transformer.ts"
import { held, type LinearWeights, type ModelWeights } from "./weights.ts"

/** How much of a value's unevenness moves into the weights; `undefined`: none, and no channel is divided. */
const ALPHAS = [undefined, 0.5, 0.7, 0.8, 0.9, 1] as const

/** What calibration found for one value. */
export interface Calibrated {
  readonly value: string
  readonly alpha: number | undefined
  /** Squared error of the layers that read it, as a share of their output's mean square: as chosen, and unsmoothed. */
  readonly error: number
  readonly unsmoothedError: number
}

/** The scales of an int8 graph, and what the float32 model says of the texts that they were found on. */
export interface Calibration {
  readonly scales: Scales
  /** Each text's logits. */
  readonly logits: readonly Float32Array[]
}

/**
 * Finds the scales of an int8 graph. What each linear layer reads is seen in the float32 model, layer by layer: there the
 * outlier channels get copies, then the smoothing is chosen for each value whose readers have the least error; what
 * their outputs lack on average joins their biases.
 *
 * @param encodings - token ids of the calibration texts
 * @param onValue - called for each value once its range is chosen
 */
export async function calibrate(
  config: ModelConfig,
  weights: ModelWeights,
  encodings: readonly Int32Array[],
  onValue: (found: Calibrated) => void = () => {},
): Promise<Calibration> {
  const calibrator = new Calibrator(
    encodings.reduce((sum, ids) => sum + ids.length, 0),
    onValue,
  )
  const logits = await runReference(config, weights, encodings, calibrator)
  return { scales: calibrator.scales, logits }
}

/** Watches the float32 model, and finds the scales of each stage once that has run. */
class Calibrator implements Watcher {
  readonly #totalTokens: number
  readonly #onValue: (found: Calibrated) => void
  readonly #seen = new Map<string, Seen>()
  readonly #activations: Record<string, ActivationRange> = {}
  readonly #biasCorrections: Record<string, readonly number[]> = {}
  readonly #copies: number[][] = []

  constructor(totalTokens: number, onValue: (found: Calibrated) => void) {
    this.#totalTokens = totalTokens
    this.#onValue = onValue
  }

  get scales(): Scales {
    return { activations: this.#activations, biasCorrections: this.#biasCorrections, copies: this.#copies }
  }

  see({ value, channels }: Reading, activations: Float32Array): void {
    const seen = this.#seen.get(value) ?? new Seen(channels, this.#totalTokens)
    this.#seen.set(value, seen)
    seen.add(activations)
  }

  async ran(stage: Stage): Promise<void> {
    for (const { reading, sample } of this.#withCopies(stage)) {
      const { range, biases, ...found } = await chooseSmoothing(reading, sample)
      this.#activations[reading.value] = range
      for (const [layer, bias] of biases) this.#biasCorrections[layer] = Array.from(bias, roundScale)
      this.#onValue({ value: reading.value, ...found })
    }
    this.#seen.clear()
  }

  /** A stage's readings and what was seen of them, as they are with copies of the outlier channels. */
  #withCopies({ readings, layer }: Stage): { reading: Reading; sample: Sample }[] {
    const seen = readings.map(reading => ({ reading, sample: (this.#seen.get(reading.value) as Seen).sample }))
    if (layer === undefined) return seen
    const { index, weights } = layer
    const hidden = hiddenName(index)
    const copies = outlierCopies(
      seen.find(({ reading }) => reading.value === hidden)?.sample.ranges.high ?? new Float32Array(),
    )
    this.#copies.push(copies)
    const copied = withCopies(weights, copies)
    const changed = new Map([
      [weights.expand, copied.expand],
      [weights.contract, copied.contract],
    ])
    const sources = sourcesOf(weights.expand.outputs, copies)
    return seen.map(({ reading, sample }) => {
      const readers = new Map([...reading.readers].map(([name, linear]) => [name, changed.get(linear) ?? linear]))
      return reading.value === hidden
        ? { reading: { ...reading, channels: sources.length, readers }, sample: channelsOf(sample, sources) }
        : { reading: { ...reading, readers }, sample }
    })
  }
}

async function chooseSmoothing(given: Reading, { ranges, tokens }: Sample) {
  const readers = new Map<string, LinearWeights>([...given.readers].map(([name, linear]) => [name, held(linear)]))
  const reading = { ...given, readers }
  const exact = await ReadersError.against(reading, tokens)
  const largest = largestWeights(reading)
  const tried: (LayerError & { alpha: number | undefined; range: ActivationRange })[] = []
  for (const alpha of ALPHAS) {
    const range = smoothedRange(largest, ranges, alpha)
    tried.push({ alpha, range, ...(await exact.errorOf(range)) })
  }
  const best = tried.reduce((a, b) => (b.error < a.error ? b : a))
  return { ...best, unsmoothedError: tried[0]?.error ?? best.error }
}
