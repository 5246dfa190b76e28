import { builderVersion } from "../model/builder-version.ts"
import type { ModelConfig } from "../model/config.ts"
import { copyChannels } from "./copy-channels.ts"
import { floats } from "./floats.ts"
import { carryBiases, foldAttention, smoothContexts } from "./fold.ts"
import { GraphBuilder } from "./graph-builder.ts"
import { int8 } from "./int8.ts"
import type { Precision } from "./precision.ts"
import { attentionOpset } from "./row-major.ts"
import type { Scales } from "./scales.ts"
import { addModel, contextName, valueName } from "./transformer.ts"
import type { ModelWeights } from "./weights.ts"

/** The float32 graph of a checkpoint, in ONNX's wire format. */
export function buildFp32(config: ModelConfig, weights: ModelWeights): Uint8Array {
  return encode(new GraphBuilder("float32"), config, carryBiases(foldAttention(weights, config)), floats)
}

/**
 * The float16 graph of a checkpoint: weights and activations are halves, inputs and outputs those of every graph.
 *
 * @throws ValenceError `graph_inaccurate` where a half cannot hold a weight
 */
export function buildFp16(config: ModelConfig, weights: ModelWeights): Uint8Array {
  return encode(new GraphBuilder("float16"), config, carryBiases(foldAttention(weights, config)), floats)
}

/** The int8 graph of a checkpoint and its calibration: the same bytes for the same weights and scales, on any CPU. */
export function buildInt8(config: ModelConfig, weights: ModelWeights, scales: Scales): Uint8Array {
  const smoothing = weights.layers.map((_, layer) => scales.activations[contextName(layer)]?.smoothing)
  const folded = smoothContexts(copyChannels(foldAttention(weights, config), scales.copies), smoothing)
  return encode(
    new GraphBuilder("float32", attentionOpset),
    config,
    folded,
    int8(withoutContextSmoothing(scales, smoothing)),
  )
}

/** The scales of a graph whose value layers give their values smoothed already. */
function withoutContextSmoothing(scales: Scales, smoothing: readonly (readonly number[] | undefined)[]): Scales {
  const activations = { ...scales.activations }
  const biasCorrections = { ...scales.biasCorrections }
  smoothing.forEach((factors, layer) => {
    if (factors === undefined) return
    const { low, high } = activations[contextName(layer)] ?? { low: 0, high: 0 }
    activations[contextName(layer)] = { low, high }
    const correction = biasCorrections[valueName(layer)] ?? []
    biasCorrections[valueName(layer)] = correction.map((added, channel) => added / (factors[channel] ?? 1))
  })
  return { ...scales, activations, biasCorrections }
}

function encode(graph: GraphBuilder, config: ModelConfig, weights: ModelWeights, precision: Precision): Uint8Array {
  addModel({ graph, config, precision }, weights)
  return graph.encode({ name: config.family.name, producerVersion: builderVersion })
}
