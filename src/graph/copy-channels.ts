import type { LayerWeights, LinearWeights, ModelWeights } from "./weights.ts"

/** A channel is an outlier that reaches so many times what the others reach, and for this share of them. */
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
 * Computes channels of feed-forward layers several times, and gives each copy its part of the weight: the same model,
 * since what is between the two linear layers works on each channel alone.
 *
 * @param copies - one list a layer, as `outlierCopies` gives them
 */
export function copyChannels(weights: ModelWeights, copies: readonly (readonly number[])[]): ModelWeights {
  return { ...weights, layers: weights.layers.map((layer, index) => withCopies(layer, copies[index] ?? [])) }
}

/** `copyChannels` of one layer. */
export function withCopies(layer: LayerWeights, copies: readonly number[]): LayerWeights {
  if (copies.length === 0) return layer
  const { expand, contract } = layer
  const sources = sourcesOf(expand.outputs, copies)
  const times = new Float64Array(expand.outputs)
  for (const source of sources) times[source] = (times[source] ?? 0) + 1
  return { ...layer, expand: withOutputs(expand, sources), contract: withInputs(contract, sources, times) }
}

/** From which channel each comes: the layer's own, then the copies. */
export function sourcesOf(channels: number, copies: readonly number[]): number[] {
  return [...Array(channels).keys(), ...copies]
}

function withOutputs(linear: LinearWeights, sources: readonly number[]): LinearWeights {
  const { inputs, outputs, bias } = linear
  return {
    inputs,
    outputs: sources.length,
    weight() {
      const weight = linear.weight()
      const wider = new Float32Array(inputs * sources.length)
      for (let input = 0; input < inputs; input++)
        sources.forEach((source, output) => {
          wider[input * sources.length + output] = weight[input * outputs + source] ?? 0
        })
      return wider
    },
    bias: bias && Float32Array.from(sources, source => bias[source] ?? 0),
  }
}

function withInputs(linear: LinearWeights, sources: readonly number[], times: Float64Array): LinearWeights {
  const { outputs, bias } = linear
  return {
    inputs: sources.length,
    outputs,
    weight() {
      const weight = linear.weight()
      const longer = new Float32Array(sources.length * outputs)
      sources.forEach((source, input) => {
        for (let output = 0; output < outputs; output++)
          longer[input * outputs + output] = (weight[source * outputs + output] ?? 0) / (times[source] ?? 1)
      })
      return longer
    },
    bias,
  }
}
