import type { ModelConfig } from "../../model/config.ts"
import type { LayerWeights, LinearWeights, ModelWeights } from "../weights/weights.ts"

/*
 * Work that a graph need not do at run time, done on the weights. Each function gives weights of a model that computes
 * the same. Sums run in double and are rounded to float32 once, so the result does not depend on the CPU.
 */

/**
 * Takes scaling and two biases out of attention, softmax((x Wq + bq)(x Wk + bk)^T / sqrt(d)) (x Wv + bv) Wo + bo:
 * the scale moves into Wq and bq; bk adds the same to a query's score with every key, which softmax ignores; and since
 * probabilities sum to 1, bv reaches the output as the constant bv Wo, which joins bo.
 */
export function foldAttention(weights: ModelWeights, config: ModelConfig): ModelWeights {
  const scale = 1 / Math.sqrt(config.hiddenSize / config.heads)
  return {
    ...weights,
    layers: weights.layers.map(layer => ({
      ...layer,
      query: scaled(layer.query, scale),
      key: { ...layer.key, bias: undefined },
      value: { ...layer.value, bias: undefined },
      attentionOut: {
        ...layer.attentionOut,
        bias: sum(layer.attentionOut.bias, applied(layer.value.bias, layer.attentionOut)),
      },
    })),
  }
}

/**
 * Lets the residual carry the bias of the linear layer that is added to it: each layer norm's offset already holds it
 * (before the first layer, what the embeddings end with), and the layers that read the norm subtract what it adds to
 * them. `x W + b + residual` becomes one Gemm.
 *
 * Wants `foldAttention` first. The value layer gets a bias again, for what the carried bias added to it.
 */
export function carryBiases(weights: ModelWeights): ModelWeights {
  const { layers, embeddingNorm, embeddingProjection } = weights
  const carried = layers[0]?.attentionOut.bias
  const offset = (norm: LayerWeights["outputNorm"], carried: Float32Array | undefined) => ({
    ...norm,
    offset: sum(norm.offset, carried) ?? norm.offset,
  })
  return {
    ...weights,
    ...(embeddingProjection
      ? { embeddingProjection: { ...embeddingProjection, bias: sum(embeddingProjection.bias, carried) } }
      : { embeddingNorm: offset(embeddingNorm, carried) }),
    layers: layers.map((layer, index) => {
      const { attentionOut, contract } = layer
      return {
        query: without(layer.query, attentionOut.bias),
        key: layer.key,
        value: without(layer.value, attentionOut.bias),
        attentionOut: { ...attentionOut, bias: undefined },
        attentionNorm: offset(layer.attentionNorm, contract.bias),
        expand: without(layer.expand, contract.bias),
        contract: { ...contract, bias: undefined },
        outputNorm: offset(layer.outputNorm, layers[index + 1]?.attentionOut.bias),
      }
    }),
  }
}

/**
 * Divides the channels of each attention's context by its smoothing: the value layer gives them divided, and the layer
 * that reads them multiplies.
 *
 * @param smoothing - one list a layer, a factor for each channel; `undefined` leaves a layer as it is
 */
export function smoothContexts(
  weights: ModelWeights,
  smoothing: readonly (readonly number[] | undefined)[],
): ModelWeights {
  const smoothed = (layer: LayerWeights, factors: readonly number[]): LayerWeights => ({
    ...layer,
    value: {
      ...layer.value,
      weight: () => layer.value.weight().map((weight, i) => weight / (factors[i % layer.value.outputs] ?? 1)),
      bias: layer.value.bias?.map((bias, channel) => bias / (factors[channel] ?? 1)),
    },
    attentionOut: {
      ...layer.attentionOut,
      weight: () =>
        layer.attentionOut
          .weight()
          .map((weight, i) => weight * (factors[Math.floor(i / layer.attentionOut.outputs)] ?? 1)),
    },
  })
  return {
    ...weights,
    layers: weights.layers.map((layer, index) => {
      const factors = smoothing[index]
      return factors === undefined ? layer : smoothed(layer, factors)
    }),
  }
}

/** `linear` for an input that has `carried` added to it. */
function without(linear: LinearWeights, carried: Float32Array | undefined): LinearWeights {
  return { ...linear, bias: sum(linear.bias, applied(carried, linear), -1) }
}

function scaled(linear: LinearWeights, factor: number): LinearWeights {
  const times = (value: number) => value * factor
  return { ...linear, weight: () => linear.weight().map(times), bias: linear.bias?.map(times) }
}

/** a + factor * b; what is absent counts as zero. */
function sum(a: Float32Array | undefined, b: Float64Array | Float32Array | undefined, factor = 1) {
  const length = a?.length ?? b?.length
  return length === undefined
    ? undefined
    : Float32Array.from({ length }, (_, i) => (a?.[i] ?? 0) + factor * (b?.[i] ?? 0))
}

/** vector W, in double. */
function applied(vector: Float32Array | undefined, { inputs, outputs, weight: read }: LinearWeights) {
  if (vector === undefined) return undefined
  const weight = read()
  const result = new Float64Array(outputs)
  for (let input = 0; input < inputs; input++)
    for (let output = 0; output < outputs; output++)
      result[output] = (result[output] ?? 0) + (vector[input] ?? 0) * (weight[input * outputs + output] ?? 0)
  return result
}
