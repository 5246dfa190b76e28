import type { GraphBuilder, Value } from "../onnx/graph-builder.ts"
import { elementType } from "../onnx/onnx-schema.ts"
import type { LayerWeights, LinearWeights, ModelWeights, NormWeights } from "../weights/weights.ts"
import { gelu } from "./gelu.ts"
import type { LayerContext, TokenLayout } from "./layer-context.ts"

/* An encoder with its classification head as nodes of a graph. */

/** The names of an attention's value layer and of the context that is made of its values; of what a feed-forward layer holds. */
export const valueName = (layer: number): Value => `layer.${layer}.attention.v`
export const contextName = (layer: number): Value => `layer.${layer}.attention.context`
export const hiddenName = (layer: number): Value => `layer.${layer}.feedForward.hidden`

/**
 * Adds a model.
 *
 * Inputs `input_ids` and `attention_mask` (1 for a token, 0 for padding): int32, shape [rows, longest], longest of 1 or
 * more; output `logits`: float32, shape [rows, labels].
 *
 * @param weights - after `foldAttention`
 */
export function addModel(model: LayerContext, weights: ModelWeights): void {
  const tokens = model.precision.tokens(model)
  let x = addEmbeddings(model, tokens, weights)
  for (const index of weights.layers.keys()) x = addLayer(model, tokens, weights, index, x)
  addHead(model, x, weights)
}

/** Word plus position embeddings, normed, and made as wide as the layers. */
export function addEmbeddings(model: LayerContext, tokens: TokenLayout, weights: ModelWeights): Value {
  const { graph, config, precision } = model
  const { embeddingSize } = config
  const words = precision.embed(graph, "embeddings.words", tokens.ids, weights.words, embeddingSize)
  const sum = graph.node("embeddings.sum", "Add", [words, positionEmbeddings(model, tokens, weights)])
  const laidOut = tokens.laidOut("embeddings.tokens", sum, embeddingSize)
  const normed = layerNorm(model, "embeddings.norm", laidOut, weights.embeddingNorm)
  if (weights.embeddingProjection === undefined) return normed
  return precision.linear(graph, "embeddings.projection", normed, weights.embeddingProjection)
}

/** What is added to each token's embedding. */
function positionEmbeddings(model: LayerContext, tokens: TokenLayout, weights: ModelWeights): Value {
  const { graph, config } = model
  const { embeddingSize, positionsBefore, maxPositions, family } = config
  const name = "embeddings.positions"
  const rows = positionsBefore + maxPositions
  if (family.firstPosition === "after-padding") {
    const table = graph.constant(`${name}.table`, weights.positions(), [rows, embeddingSize])
    return graph.node(name, "Gather", [table, positionsAfterPadding(model, `${name}.ids`, tokens)])
  }
  const table = graph.constant(`${name}.table`, weights.positions(), [rows, ...tokens.positionDims, embeddingSize])
  return graph.node(name, "Slice", [table, graph.indices(0), tokens.longest, graph.indices(0)])
}

/**
 * Counts, from `padId`, the ids that are not padding's: int32, the shape of ids. Not the attention mask: a text that
 * spells out the padding token has its id among its own.
 */
function positionsAfterPadding({ graph, config }: LayerContext, name: string, { ids, axis }: TokenLayout): Value {
  const padId = graph.constant(`${name}.padding`, Int32Array.of(config.padId), [])
  const isToken = graph.node(`${name}.isToken`, "Not", [graph.node(`${name}.isPadding`, "Equal", [ids, padId])])
  const counted = graph.node(`${name}.counted`, "Cast", [isToken], { to: elementType.int32 })
  const upTo = graph.node(`${name}.upTo`, "CumSum", [
    counted,
    graph.constant(`${name}.axis`, BigInt64Array.of(BigInt(axis)), []),
  ])
  return graph.node(name, "Add", [graph.node(`${name}.own`, "Mul", [upTo, counted]), padId])
}

/**
 * Self-attention, then the feed-forward layer, each added to what it read and normed. The last layer computes the [CLS]
 * tokens alone, which is all that the head reads.
 *
 * @returns the shape of `x`, or [rows, hiddenSize] of the last layer
 */
export function addLayer(
  model: LayerContext,
  tokens: TokenLayout,
  { layers }: ModelWeights,
  index: number,
  x: Value,
): Value {
  const { graph, precision } = model
  const name = `layer.${index}`
  const weights = layers[index] as LayerWeights
  const clsOnly = index === layers.length - 1
  const queried = clsOnly ? tokens.cls(`${name}.cls`, x) : x
  const context = tokens.attend(`${name}.attention`, x, queried, weights)
  const attended = precision.addLinear(graph, `${name}.attention.out`, context, weights.attentionOut, queried)
  const normed = layerNorm(model, `${name}.attention.norm`, attended, weights.attentionNorm)
  return feedForward(model, `${name}.feedForward`, normed, weights)
}

function feedForward(model: LayerContext, name: string, x: Value, weights: LayerWeights): Value {
  const { graph, config, precision } = model
  const expanded = precision.linear(graph, `${name}.expand`, x, weights.expand)
  const hidden = activation(graph, `${name}.hidden`, config.activation, expanded)
  const added = precision.addLinear(graph, `${name}.contract`, hidden, weights.contract, x)
  return layerNorm(model, `${name}.norm`, added, weights.outputNorm)
}

/** Two linear layers over the [CLS] tokens: one logit a label. */
export function addHead({ graph, config }: LayerContext, cls: Value, weights: ModelWeights): void {
  const dense = (name: string, x: Value, { weight, bias, inputs, outputs }: LinearWeights) =>
    graph.node(name, "Gemm", [
      x,
      graph.constant(`${name}.weight`, weight(), [inputs, outputs]),
      bias ? graph.constant(`${name}.bias`, bias) : "",
    ])
  const pre = dense("head.preClassifier", cls, weights.preClassifier)
  const hidden = activation(graph, "head.hidden", config.family.headActivation, pre)
  if (graph.floats === "float32") dense("logits", hidden, weights.classifier)
  else graph.node("logits", "Cast", [dense("head.logits", hidden, weights.classifier)], { to: elementType.float32 })
  graph.output("logits", "float32", ["rows", config.labels.length])
}

function activation(graph: GraphBuilder, name: string, which: "gelu" | "relu" | "tanh", x: Value): Value {
  if (which === "gelu") return gelu(graph, name, x)
  return graph.node(name, which === "relu" ? "Relu" : "Tanh", [x])
}

/** Mean and variance are float32's in a float16 graph too, as the operator's `stash_type` says by default: squares stay finite. */
function layerNorm({ graph, config }: LayerContext, name: string, x: Value, { gain, offset }: NormWeights): Value {
  const constants = [graph.constant(`${name}.gain`, gain), graph.constant(`${name}.offset`, offset)]
  return graph.node(name, "LayerNormalization", [x, ...constants], {
    axis: -1,
    epsilon: { float: config.layerNormEps },
  })
}
