import type { ModelConfig } from "../../model/config.ts"
import { contextName, hiddenName } from "../layers/transformer.ts"
import { held, type LinearWeights, type ModelWeights } from "../weights/weights.ts"
import { type ActivationSample, channelsOf, Seen } from "./activation-samples.ts"
import { arrangeLayer, outlierCopies, pairedByReach } from "./arrange-channels.ts"
import { type LayerError, ReadersError } from "./layer-error.ts"
import { logitsName } from "./prepare-int8.ts"
import { type ActivationWatcher, type Reading, runInt8Reference, runReference, type Stage } from "./reference.ts"
import { type ActivationRange, roundScale, type Scales } from "./scales.ts"
import { largestActivations, largestWeights, smoothedRange } from "./smoothing.ts"

/** How much of a value's unevenness moves into the weights; `undefined`: none, and no channel is divided. */
const ALPHAS = [undefined, 0.5, 0.7, 0.8, 0.9, 1] as const

/** Errors that differ by a smaller share count as equal, because their last digits depend on the CPU: the first one wins. */
const LEAST_GAIN = 1e-6

/** What calibration found for one value. */
export interface Calibrated {
  readonly value: string
  readonly alpha: number | undefined
  /** Squared error of the layers that read it, as a share of their output's mean square: as chosen, and unsmoothed. */
  readonly error: number
  readonly unsmoothedError: number
}

/** The scales of an int8 graph, and what the reference says of the texts that they were found on. */
export interface Calibration {
  readonly scales: Scales
  /** Each text's logits. */
  readonly logits: readonly Float32Array[]
}

/**
 * Finds the scales of an int8 graph: the same ones on every CPU. What each linear layer reads is seen in the reference,
 * layer by layer: there the outlier channels get copies, channels are put in order, then the smoothing is chosen for each
 * value whose readers have the least error; what their outputs lack on average joins their biases.
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
    config.heads,
    encodings.reduce((sum, ids) => sum + ids.length, 0),
    onValue,
  )
  const logits = await runReference(config, weights, encodings, calibrator)
  const { scales } = calibrator
  const missing = missingLogits(logits, await runInt8Reference(config, weights, scales, encodings))
  return { scales: { ...scales, biasCorrections: { ...scales.biasCorrections, [logitsName]: missing } }, logits }
}

/** What the int8 graph's logits lack on average. */
function missingLogits(expected: readonly Float32Array[], got: readonly Float32Array[]): number[] {
  return Array.from(expected[0] ?? [], (_, label) => {
    const differences = expected.map((logits, text) => (logits[label] ?? 0) - (got[text]?.[label] ?? 0))
    return roundScale(differences.reduce((sum, difference) => sum + difference, 0) / differences.length)
  })
}

/** Watches the reference, and finds the scales of each stage once that has run. */
class Calibrator implements ActivationWatcher {
  readonly #totalTokens: number
  readonly #onValue: (found: Calibrated) => void
  readonly #seen = new Map<string, Seen>()
  readonly #activations: Record<string, ActivationRange> = {}
  readonly #biasCorrections: Record<string, readonly number[]> = {}
  readonly #channels: Record<string, readonly number[]> = {}
  readonly #heads: number

  constructor(heads: number, totalTokens: number, onValue: (found: Calibrated) => void) {
    this.#heads = heads
    this.#totalTokens = totalTokens
    this.#onValue = onValue
  }

  get scales(): Scales {
    return { activations: this.#activations, biasCorrections: this.#biasCorrections, channels: this.#channels }
  }

  see({ value, channels }: Reading, activations: Float64Array): void {
    const seen = this.#seen.get(value) ?? new Seen(channels, this.#totalTokens)
    this.#seen.set(value, seen)
    seen.add(activations)
  }

  async ran(stage: Stage): Promise<void> {
    for (const { reading, sample } of this.#arranged(stage)) {
      const { range, biases, ...found } = await chooseSmoothing(reading, sample)
      this.#activations[reading.value] = range
      for (const [layer, bias] of biases) this.#biasCorrections[layer] = Array.from(bias, roundScale)
      this.#onValue({ value: reading.value, ...found })
    }
    this.#seen.clear()
  }

  /** A stage's readings and what was seen of them, once channels are in the order of the graph, outliers with copies. */
  #arranged({ readings, layer }: Stage): { reading: Reading; sample: ActivationSample }[] {
    const seen = readings.map(reading => ({ reading, sample: (this.#seen.get(reading.value) as Seen).sample }))
    if (layer === undefined) return seen
    const { index, weights } = layer
    const [context, hidden] = [contextName(index), hiddenName(index)]
    for (const { reading, sample } of seen) {
      if (reading.value === context) this.#channels[context] = pairedInHeads(reading, sample, this.#heads)
      if (reading.value === hidden) this.#channels[hidden] = pairedWithCopies(reading, sample)
    }
    const arranged = arrangeLayer(weights, this.#channels[context], this.#channels[hidden])
    const changed = new Map<LinearWeights, LinearWeights>(
      (["value", "attentionOut", "expand", "contract"] as const).map(name => [weights[name], arranged[name]]),
    )
    return seen.map(({ reading, sample }) => {
      const readers = new Map([...reading.readers].map(([name, linear]) => [name, changed.get(linear) ?? linear]))
      const sources = this.#channels[reading.value]
      return sources === undefined
        ? { reading: { ...reading, readers }, sample }
        : { reading: { ...reading, channels: sources.length, readers }, sample: channelsOf(sample, sources) }
    })
  }
}

/** How large the products of each channel get. */
function reachOf(reading: Reading, { ranges }: ActivationSample): Float64Array {
  const activations = largestActivations(ranges)
  return Float64Array.from(largestWeights(reading), (weight, channel) => weight * (activations[channel] ?? 0))
}

function pairedInHeads(reading: Reading, sample: ActivationSample, heads: number): number[] {
  const reach = reachOf(reading, sample)
  const length = reading.channels / heads
  return Array.from({ length: heads }, (_, head) =>
    pairedByReach(
      Array.from({ length }, (_, channel) => head * length + channel),
      reach,
    ),
  ).flat()
}

function pairedWithCopies(reading: Reading, sample: ActivationSample): number[] {
  const copies = outlierCopies(sample.ranges.high)
  const times = new Float64Array(reading.channels).fill(1)
  for (const channel of copies) times[channel] = (times[channel] ?? 1) + 1
  const reach = reachOf(reading, sample).map((products, channel) => products / (times[channel] ?? 1))
  return pairedByReach([...times.keys(), ...copies], reach)
}

async function chooseSmoothing(given: Reading, { ranges, tokens }: ActivationSample) {
  const readers = new Map<string, LinearWeights>([...given.readers].map(([name, linear]) => [name, held(linear)]))
  const reading = { ...given, readers }
  const exact = await ReadersError.against(reading, tokens)
  const largest = largestWeights(reading)
  const tried: (LayerError & { alpha: number | undefined; range: ActivationRange })[] = []
  for (const alpha of ALPHAS) {
    const range = smoothedRange(largest, ranges, alpha)
    tried.push({ alpha, range, ...(await exact.errorOf(range)) })
  }
  const best = tried.reduce((a, b) => (b.error < a.error * (1 - LEAST_GAIN) ? b : a))
  return { ...best, unsmoothedError: tried[0]?.error ?? best.error }
}
