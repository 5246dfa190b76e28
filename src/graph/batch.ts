import type { ModelConfig } from "../model/config.ts"
import type { GraphBuilder, Value } from "./graph-builder.ts"
import { elementType } from "./onnx-schema.ts"
import type { Precision } from "./precision.ts"

/** What every layer is built with. */
export interface Model {
  readonly graph: GraphBuilder
  readonly config: ModelConfig
  readonly precision: Precision
}

/** What layers need to know of a micro-batch. */
export interface Batch {
  /** int32, shape [longest, rows]. */
  readonly ids: Value
  /** Floats, shape [rows, 1, 1, longest]: 0 for a token, hugely negative for padding. */
  readonly mask: Value
  /** int64, one element: the padded length. */
  readonly longest: Value
  /** int64, one element. */
  readonly rows: Value
  /** int64, [longest, rows, heads, channels of a head]. */
  readonly headsShape: Value
}

/**
 * Added to the score of a padding token, which then has a probability of exactly 0. In float16 a score of any size that
 * it can be added to stays finite.
 */
const MASKED = { float32: -1e9, float16: -3e4 }

/** Adds the inputs: `input_ids` and `attention_mask` (1 for a token, 0 for padding), int32, shape [rows, longest]. */
export function addBatch({ graph, config }: Model): Batch {
  const inputIds = graph.input("input_ids", "int32", ["rows", "longest"])
  const attentionMask = graph.input("attention_mask", "int32", ["rows", "longest"])
  const ids = graph.node("batch.ids", "Transpose", [inputIds], { perm: [1, 0] })
  const shape = graph.node("batch.shape", "Shape", [ids])
  const padding = graph.node("batch.padding", "Sub", [graph.constant("batch.one", Int32Array.of(1), []), attentionMask])
  const scaled = graph.node("batch.penalty", "Mul", [
    graph.node("batch.padding.float", "Cast", [padding], { to: elementType[graph.floats] }),
    graph.scalar(MASKED[graph.floats]),
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

/** The [CLS] tokens: the first token of every row. */
export function clsTokens({ graph }: Model, name: string, x: Value, { rows }: Batch): Value {
  return graph.node(name, "Slice", [x, graph.indices(0), rows, graph.indices(0)])
}
