import type { GraphBuilder, Value } from "./graph-builder.ts"
import type { LinearWeights } from "./weights.ts"

/** Where a graph of floats and an int8 graph differ: the embedding table, the linear layers, and the last layer's attention. */
export interface Precision {
  /** Whether the last layer's [CLS] tokens attend without keys and values: products of floats in place of linear layers. */
  readonly attendsWithoutKeys: boolean
  /**
   * The rows of an embedding table that ids name.
   *
   * @param ids - int32, any shape
   * @param table - gives shape [rows, channels]
   * @returns floats, the shape of `ids` and then [channels]
   */
  embed(graph: GraphBuilder, name: string, ids: Value, table: () => Float32Array, channels: number): Value
  /** x W + b, floats: shape [tokens, inputs] to [tokens, outputs]. */
  linear(graph: GraphBuilder, name: string, x: Value, weights: LinearWeights): Value
  /** x W + b + residual, floats, shape [tokens, outputs]. */
  addLinear(graph: GraphBuilder, name: string, x: Value, weights: LinearWeights, residual: Value): Value
}
