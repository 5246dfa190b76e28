import { contextName, hiddenName } from "../layers/transformer.ts"
import type { LayerWeights, LinearWeights, ModelWeights } from "../weights/weights.ts"

/*
 * The channels that one linear layer gives and another reads can be put in another order, and computed several times,
 * without changing the model: those of feed-forward layers, since what is between the two linear layers works on each
 * channel alone, and those of each head's values.
 */

/** An outlier channel reaches this many times what the others reach, and for this share of them. */
const OUTLIER_RATIO = 1.5
const ORDINARY_SHARE = 0.99
/** Further copies come in multiples of a vector's float32 values: a rest costs as much as a whole vector. */
const VECTOR_CHANNELS = 16

/**
 * Which channels of a feed-forward layer to compute again, so that each copy's weight can be a part of the whole: a
 * channel that reaches far (at [CLS], mostly) would cost either the others their steps or the weights theirs.
 * (Outlier channel splitting, arXiv 1901.09504.)
 *
 * @param high - the most that each channel was seen to hold
 * @returns channels, each as often as it gets a further copy: two copies for each time that it reaches as far as the
 * others, and more of these to fill vectors
 */
export function outlierCopies(high: Float32Array): number[] {
  const ordinary = [...high].sort((a, b) => a - b)[Math.floor(ORDINARY_SHARE * high.length)] ?? 0
  const copies = Array.from(high).flatMap((most, channel) =>
    most > OUTLIER_RATIO * ordinary && ordinary > 0
      ? Array.from({ length: 2 * Math.round(most / ordinary) - 1 }, () => channel)
      : [],
  )
  const wanted = Math.ceil(copies.length / VECTOR_CHANNELS) * VECTOR_CHANNELS
  return Array.from({ length: wanted }, (_, index) => copies[index % copies.length] ?? 0).sort((a, b) => a - b)
}

/**
 * An order in which large weights have small ones as neighbours, because `quantisePairs` makes room for the sum of two:
 * the channel with the largest products first, then the one with the smallest, the second largest, and so on.
 *
 * @param channels - those to be put in order, each as often as it is computed
 * @param reach - how large the products of each channel get, by channel
 */
export function pairedByReach(channels: readonly number[], reach: ArrayLike<number>): number[] {
  const sorted = channels.toSorted((a, b) => (reach[b] ?? 0) - (reach[a] ?? 0))
  return sorted.map((_, i) => sorted[i % 2 === 0 ? i / 2 : sorted.length - (i + 1) / 2] ?? 0)
}

/**
 * Puts the channels of values in another order, and gives each copy of a channel its part of the weight.
 *
 * @param sources - by a value's name, from which of its channels each comes; values that are not named stay as they are
 */
export function arrangeChannels(
  weights: ModelWeights,
  sources: Readonly<Record<string, readonly number[]>>,
): ModelWeights {
  const layers = weights.layers.map((layer, index) =>
    arrangeLayer(layer, sources[contextName(index)], sources[hiddenName(index)]),
  )
  return { ...weights, layers }
}

/** `arrangeChannels` of one layer. */
export function arrangeLayer(
  layer: LayerWeights,
  contexts: readonly number[] | undefined,
  hidden: readonly number[] | undefined,
): LayerWeights {
  return {
    ...layer,
    ...(contexts && {
      value: withOutputs(layer.value, contexts),
      attentionOut: withInputs(layer.attentionOut, contexts),
    }),
    ...(hidden && { expand: withOutputs(layer.expand, hidden), contract: withInputs(layer.contract, hidden) }),
  }
}

function withOutputs(linear: LinearWeights, sources: readonly number[]): LinearWeights {
  const { inputs, outputs, bias } = linear
  return {
    inputs,
    outputs: sources.length,
    weight() {
      const weight = linear.weight()
      const arranged = new Float32Array(inputs * sources.length)
      for (let input = 0; input < inputs; input++)
        sources.forEach((source, output) => {
          arranged[input * sources.length + output] = weight[input * outputs + source] ?? 0
        })
      return arranged
    },
    bias: bias && Float32Array.from(sources, source => bias[source] ?? 0),
  }
}

function withInputs(linear: LinearWeights, sources: readonly number[]): LinearWeights {
  const { inputs, outputs, bias } = linear
  const times = new Float64Array(inputs)
  for (const source of sources) times[source] = (times[source] ?? 0) + 1
  return {
    inputs: sources.length,
    outputs,
    weight() {
      const weight = linear.weight()
      const arranged = new Float32Array(sources.length * outputs)
      sources.forEach((source, input) => {
        for (let output = 0; output < outputs; output++)
          arranged[input * outputs + output] = (weight[source * outputs + output] ?? 0) / (times[source] ?? 1)
      })
      return arranged
    },
    bias,
  }
}
