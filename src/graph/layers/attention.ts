import type { GraphBuilder, Value } from "../onnx/graph-builder.ts"
import type { LayerWeights, LinearWeights } from "../weights/weights.ts"
import type { LayerContext } from "./layer-context.ts"

/**
 * softmax(q k^T + mask) v, head by head; scaling and the biases of k and v are folded into the weights.
 *
 * @param queried - the tokens that attend: `x`, or the [CLS] tokens alone
 */
export function selfAttention(
  { graph, config, precision }: LayerContext,
  name: string,
  x: Value,
  queried: Value,
  weights: LayerWeights,
  batch: AttendedRows,
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
export function clsAttention(
  { graph, config, precision }: LayerContext,
  name: string,
  x: Value,
  cls: Value,
  { query, key, value }: LayerWeights,
  { longest, rows, mask }: AttendedRows,
): Value {
  const { heads, hiddenSize } = config
  const channels = hiddenSize / heads
  const headsOf = (part: string, { weight }: LinearWeights) =>
    graph.constant(`${name}.${part}.weight`, weight(), [hiddenSize, heads, channels])
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

/** What attention needs to know of a micro-batch. */
export interface AttendedRows {
  /** Floats, shape [rows, 1, 1, longest]: 0 for a token, hugely negative for padding. */
  readonly mask: Value
  /** int64, one element: the padded length. */
  readonly longest: Value
  /** int64, one element. */
  readonly rows: Value
  /** int64, [longest, rows, heads, channels of a head]. */
  readonly headsShape: Value
}
