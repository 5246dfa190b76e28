import type { ModelConfig } from "../../model/config.ts"
import type { GraphBuilder, Value } from "../onnx/graph-builder.ts"
import type { LayerWeights, LinearWeights } from "../weights/weights.ts"

/** What every layer is built with. */
export interface LayerContext {
  readonly graph: GraphBuilder
  readonly config: ModelConfig
  readonly precision: Precision
}

/** The tokens of a micro-batch, as a graph lays them out: what depends on their order, attention above all. */
export interface TokenLayout {
  /** int32: [longest, rows] or [rows, longest]. */
  readonly ids: Value
  /** That of `ids` along which a row's tokens are. */
  readonly axis: 0 | 1
  /** Dimensions that an embedding for each position has before its channels, so that it adds to each row's. */
  readonly positionDims: readonly number[]
  /** int64, one element: the padded length. */
  readonly longest: Value
  /** Embedded tokens, shape of `ids` and then [channels], as layers take them. */
  laidOut(name: string, embedded: Value, channels: number): Value
  /** The [CLS] tokens, the first of every row: shape [rows, hiddenSize]. */
  cls(name: string, x: Value): Value
  /**
   * softmax(q k^T) v, head by head, padding left out; scaling and the biases of k and v are folded into the weights.
   *
   * @param queried - the tokens that attend: `x`, or the [CLS] tokens alone
   * @returns the shape of `queried`
   */
  attend(name: string, x: Value, queried: Value, weights: LayerWeights): Value
}

/** Adds the inputs: `input_ids` and `attention_mask` (1 for a token, then 0 for padding), int32, shape [rows, longest]. */
export function addInputs(graph: GraphBuilder): { ids: Value; mask: Value } {
  const dims = ["rows", "longest"]
  return { ids: graph.input("input_ids", "int32", dims), mask: graph.input("attention_mask", "int32", dims) }
}

/** Where a graph of floats and an int8 graph differ: the order of tokens, the embedding table, and the linear layers. */
export interface Precision {
  /** Adds the graph's inputs, their tokens in the order that suits its attention. */
  tokens(model: LayerContext): TokenLayout
  /**
   * The rows of an embedding table that ids name.
   *
   * @param ids - int32, any shape
   * @param table - gives shape [rows, channels]
   * @returns floats, the shape of `ids` and then [channels]
   */
  embed(graph: GraphBuilder, name: string, ids: Value, table: () => Float32Array, channels: number): Value
  /** x W + b, floats: shape [..., inputs] to [..., outputs]. */
  linear(graph: GraphBuilder, name: string, x: Value, weights: LinearWeights): Value
  /** x W + b + residual, floats, shape [..., outputs]. */
  addLinear(graph: GraphBuilder, name: string, x: Value, weights: LinearWeights, residual: Value): Value
}
