import type { GraphBuilder, Value } from "../onnx/graph-builder.ts"
import type { LinearWeights } from "../weights/weights.ts"
import type { Model, Tokens } from "./token-layout.ts"

/** Where a graph of floats and an int8 graph differ: the order of tokens, the embedding table, and the linear layers. */
export interface Precision {
  /** Adds the graph's inputs, their tokens in the order that suits its attention. */
  tokens(model: Model): Tokens
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
