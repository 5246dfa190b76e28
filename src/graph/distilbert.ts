import type { ModelConfig } from "../model/config.ts"
import type { GraphBuilder, Value } from "./graph-builder.ts"
import { elementType } from "./onnx-schema.ts"
import type { Precision } from "./precision.ts"
import type { LayerWeights, LinearWeights, ModelWeights, NormWeights } from "./weights.ts"

/*
 * DistilBERT as nodes of a graph. Activations are time-major: the first token of every row, then the second of every
 * row, and so on, shape [tokens, hiddenSize] with tokens = longest x rows. So attention reads queries, keys and values
 * without a transpose, and the [CLS] tokens are the first `rows` tokens.
 */

/** What every layer is built with. */
interface Model {
  readonly graph: GraphBuilder
  readonly config: ModelConfig
  readonly precision: Precision
}

/** What layers need to know of a micro-batch. */
interface Batch {
  /** int32, shape [longest, rows]. */
  readonly ids: Value
  /** float32, shape [rows, 1, 1, longest]: 0 for a token, hugely negative for padding. */
  readonly mask: Value
  /** int64, one element: the padded length. */
  readonly longest: Value
  /** int64, one element. */
  readonly rows: Value
  /** int64, [longest, rows, heads, channels of a head]. */
  readonly headsShape: Value
}

/** Added to the score of a padding token, which then has a probability of exactly 0. */
const MASKED = -1e9

/** The names of an attention's value layer and of the context that is made of its values; of what a feed-forward layer holds. */
export const valueName = (layer: number): Value => `layer.${layer}.attention.v`
export const contextName = (layer: number): Value => `layer.${layer}.attention.context`
export const hiddenName = (layer: number): Value => `layer.${layer}.feedForward.hidden`

/**
 * Adds DistilBERT with its classification head.
 *
 * Inputs `input_ids` and `attention_mask` (1 for a token, 0 for padding): int32, shape [rows, longest], longest of 1 or
 * more; output `logits`: float32, shape [rows, labels].
 *
 * @param weights - after `foldAttention`
 */
export function addDistilbert(graph: GraphBuilder, config: ModelConfig, weights: ModelWeights, precision: Precision) {
  const model = { graph, config, precision }
  const batch = batchInputs(model)
  let x = embeddings(model, batch, weights)
  weights.layers.forEach((layer, index) => {
    const last = index === weights.layers.length - 1
    x = transformerLayer(model, `layer.${index}`, x, layer, batch, last)
  })
  classificationHead(model, x, weights)
}

function batchInputs({ graph, config }: Model): Batch {
  const inputIds = graph.input("input_ids", "int32", ["rows", "longest"])
  const attentionMask = graph.input("attention_mask", "int32", ["rows", "longest"])
  const ids = graph.node("batch.ids", "Transpose", [inputIds], { perm: [1, 0] })
  const shape = graph.node("batch.shape", "Shape", [ids])
  const padding = graph.node("batch.padding", "Sub", [graph.constant("batch.one", Int32Array.of(1), []), attentionMask])
  const scaled = graph.node("batch.penalty", "Mul", [
    graph.node("batch.padding.float", "Cast", [padding], { to: elementType.float32 }),
    graph.scalar(MASKED),
  ])
  const heads = graph.indices(config.heads, config.hiddenSize / config.heads)
  return {
    ids,
    mask: graph.node("batch.mask", "Unsqueeze", [scaled, graph.indices(1, 2)]),
    longest: graph.node("batch.longest", "Gather", [shape, graph.indices(0)]),
    rows: graph.node("batch.rows", "Gather", [shape, graph.indices(1)]),
    headsShape: graph.node("batch.heads", "Concat", [shape, heads], { axis: 0 }),
  }
}

/** Word plus position embeddings, normed: shape [tokens, hiddenSize]. */
function embeddings(model: Model, { ids, longest }: Batch, weights: ModelWeights): Value {
  const { graph, config, precision } = model
  const { hiddenSize, maxPositions } = config
  const words = precision.embed(graph, "embeddings.words", ids, weights.words, hiddenSize)
  const table = graph.constant("embeddings.positions.table", weights.positions, [maxPositions, 1, hiddenSize])
  const positions = graph.node("embeddings.positions", "Slice", [table, graph.indices(0), longest, graph.indices(0)])
  const sum = graph.node("embeddings.sum", "Add", [words, positions])
  const tokens = graph.node("embeddings.tokens", "Reshape", [sum, graph.indices(-1, hiddenSize)])
  return layerNorm(model, "embeddings.norm", tokens, weights.embeddingNorm)
}

/**
 * Self-attention, then the feed-forward layer, each added to what it read and normed.
 *
 * @param clsOnly - whether only the [CLS] tokens are computed, all that the head of the last layer reads
 * @returns shape [tokens, hiddenSize], or [rows, hiddenSize] where `clsOnly`
 */
function transformerLayer(model: Model, name: string, x: Value, weights: LayerWeights, batch: Batch, clsOnly: boolean) {
  const { graph, precision } = model
  const queried = clsOnly ? clsTokens(model, `${name}.cls`, x, batch) : x
  const attention = clsOnly && precision.attendsWithoutKeys ? clsAttention : selfAttention
  const context = attention(model, `${name}.attention`, x, queried, weights, batch)
  const attended = precision.addLinear(graph, `${name}.attention.out`, context, weights.attentionOut, queried)
  const normed = layerNorm(model, `${name}.attention.norm`, attended, weights.attentionNorm)
  return feedForward(model, `${name}.feedForward`, normed, weights)
}

/**
 * softmax(q k^T + mask) v, head by head; scaling and the biases of k and v are folded into the weights.
 *
 * @param queried - the tokens that attend: `x`, or the [CLS] tokens alone
 */
function selfAttention(
  { graph, config, precision }: Model,
  name: string,
  x: Value,
  queried: Value,
  weights: LayerWeights,
  batch: Batch,
): Value {
  const { heads, hiddenSize } = config
  const project = (part: string, from: Value, linear: LinearWeights, shape: Value) =>
    graph.node(`${name}.${part}.heads`, "Reshape", [precision.linear(graph, `${name}.${part}`, from, linear), shape])
  const queryShape = queried === x ? batch.headsShape : graph.indices(1, -1, heads, hiddenSize / heads)
  const q = project("q", queried, weights.query, queryShape)
  const k = project("k", x, weights.key, batch.headsShape)
  const v = project("v", x, weights.value, batch.headsShape)
  const scores = graph.runtimeNode(`${name}.scores`, "FusedMatMul", [q, k], {
    transB: 1,
    transBatchA: 1,
    transBatchB: 1,
  })
  const probabilities = maskedSoftmax(graph, name, scores, batch.mask)
  const perHead = graph.runtimeNode(`${name}.perHead`, "FusedMatMul", [probabilities, v], { transBatchB: 1 })
  const timeMajor = graph.node(`${name}.timeMajor`, "Transpose", [perHead], { perm: [2, 0, 1, 3] })
  return graph.node(`${name}.context`, "Reshape", [timeMajor, graph.indices(-1, hiddenSize)])
}

/**
 * `selfAttention` for the [CLS] tokens alone, without keys and values: with each head's products in another order,
 * q (x Wk)^T = (q Wk^T) x^T and p (x Wv) = (p x) Wv, Wk and Wv meet the one query of a row instead of all its tokens.
 */
function clsAttention(
  { graph, config, precision }: Model,
  name: string,
  x: Value,
  cls: Value,
  { query, key, value }: LayerWeights,
  { longest, rows, mask }: Batch,
): Value {
  const { heads, hiddenSize } = config
  const channels = hiddenSize / heads
  const headsOf = (part: string, { weight }: LinearWeights) =>
    graph.constant(`${name}.${part}.weight`, weight, [hiddenSize, heads, channels])
  const both = { transBatchA: 1, transBatchB: 1 }
  const projected = precision.linear(graph, `${name}.q`, cls, query)
  const q = graph.node(`${name}.q.heads`, "Reshape", [projected, graph.indices(-1, heads, channels)])
  const shape = graph.node(`${name}.shape`, "Concat", [longest, rows, graph.indices(hiddenSize)], { axis: 0 })
  const tokens = graph.node(`${name}.tokens`, "Reshape", [x, shape])
  const queries = graph.runtimeNode(`${name}.k`, "FusedMatMul", [q, headsOf("k", key)], { ...both, transB: 1 })
  const scores = graph.runtimeNode(`${name}.scores`, "FusedMatMul", [queries, tokens], { ...both, transB: 1 })
  const rowMask = graph.node(`${name}.mask`, "Squeeze", [mask, graph.indices(1)])
  const probabilities = maskedSoftmax(graph, name, scores, rowMask)
  const mixed = graph.runtimeNode(`${name}.mixed`, "FusedMatMul", [probabilities, tokens], { transBatchB: 1 })
  const perHead = graph.runtimeNode(`${name}.v`, "FusedMatMul", [mixed, headsOf("v", value)], both)
  const rowMajor = graph.node(`${name}.rowMajor`, "Transpose", [perHead], { perm: [1, 0, 2] })
  const context = graph.node(`${name}.context`, "Reshape", [rowMajor, graph.indices(-1, hiddenSize)])
  if (value.bias === undefined) return context
  return graph.node(`${name}.context.biased`, "Add", [context, graph.constant(`${name}.v.bias`, value.bias)])
}

function maskedSoftmax(graph: GraphBuilder, name: string, scores: Value, mask: Value): Value {
  const masked = graph.node(`${name}.masked`, "Add", [scores, mask])
  return graph.node(`${name}.probabilities`, "Softmax", [masked], { axis: -1 })
}

function feedForward(model: Model, name: string, x: Value, weights: LayerWeights): Value {
  const { graph, config, precision } = model
  const expanded = precision.linear(graph, `${name}.expand`, x, weights.expand)
  const hidden =
    config.activation === "gelu"
      ? graph.runtimeNode(`${name}.hidden`, "Gelu", [expanded])
      : graph.node(`${name}.hidden`, "Relu", [expanded])
  const added = precision.addLinear(graph, `${name}.contract`, hidden, weights.contract, x)
  return layerNorm(model, `${name}.norm`, added, weights.outputNorm)
}

/** A linear layer with ReLU over the [CLS] tokens, then one logit a label. */
function classificationHead({ graph, config }: Model, cls: Value, weights: ModelWeights): void {
  const dense = (name: string, x: Value, { weight, bias, inputs, outputs }: LinearWeights) =>
    graph.node(name, "Gemm", [
      x,
      graph.constant(`${name}.weight`, weight, [inputs, outputs]),
      bias ? graph.constant(`${name}.bias`, bias) : "",
    ])
  const hidden = graph.node("head.hidden", "Relu", [dense("head.preClassifier", cls, weights.preClassifier)])
  dense("logits", hidden, weights.classifier)
  graph.output("logits", "float32", ["rows", config.labels.length])
}

function clsTokens({ graph }: Model, name: string, x: Value, { rows }: Batch): Value {
  return graph.node(name, "Slice", [x, graph.indices(0), rows, graph.indices(0)])
}

function layerNorm({ graph, config }: Model, name: string, x: Value, { gain, offset }: NormWeights): Value {
  const constants = [graph.constant(`${name}.gain`, gain), graph.constant(`${name}.offset`, offset)]
  return graph.node(name, "LayerNormalization", [x, ...constants], {
    axis: -1,
    epsilon: { float: config.layerNormEps },
  })
}
