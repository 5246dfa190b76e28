import { builderVersion } from "../model/builder-version.ts"
import type { ModelConfig } from "../model/config.ts"
import { floats } from "./floats.ts"
import { carryBiases, foldAttention } from "./fold.ts"
import { GraphBuilder } from "./graph-builder.ts"
import { int8 } from "./int8.ts"
import type { Precision } from "./precision.ts"
import { prepareInt8 } from "./prepare-int8.ts"
import { attentionOpset } from "./row-major.ts"
import type { Scales } from "./scales.ts"
import { addModel } from "./transformer.ts"
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
export function buildInt8(config: ModelConfig, weights: ModelWeights, given: Scales): Uint8Array {
  const { weights: prepared, scales } = prepareInt8(config, weights, given)
  return encode(new GraphBuilder("float32", attentionOpset), config, prepared, int8(scales))
}

function encode(graph: GraphBuilder, config: ModelConfig, weights: ModelWeights, precision: Precision): Uint8Array {
  addModel({ graph, config, precision }, weights)
  return graph.encode({ name: config.family.name, producerVersion: builderVersion })
}
