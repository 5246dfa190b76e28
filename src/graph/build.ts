import type { ModelConfig } from "../model/config.ts"
import { builderVersion } from "../store/builder-version.ts"
import { int8 } from "./int8/int8.ts"
import { prepareInt8 } from "./int8/prepare-int8.ts"
import type { Scales } from "./int8/scales.ts"
import { floats } from "./layers/floats.ts"
import { carryBiases, foldAttention } from "./layers/fold.ts"
import type { Precision } from "./layers/layer-context.ts"
import { attentionOpset } from "./layers/row-major.ts"
import { addModel } from "./layers/transformer.ts"
import { GraphBuilder } from "./onnx/graph-builder.ts"
import type { ModelWeights } from "./weights/weights.ts"

/** The float32 graph of a checkpoint, in ONNX's wire format. */
export function buildFp32(config: ModelConfig, weights: ModelWeights): Uint8Array {
  return encode(new GraphBuilder("float32"), config, carryBiases(foldAttention(weights, config)), floats)
}

/**
 * The float16 graph of a checkpoint: weights and activations are halves, inputs and outputs those of every graph.
 *
 * @throws ValenceError `graph_inaccurate` if a half cannot hold a weight
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
