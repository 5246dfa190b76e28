import type { GraphBuilder, Value } from "../onnx/graph-builder.ts"
import { elementType } from "../onnx/onnx-schema.ts"
import { addInputs, type LayerContext, type TokenLayout } from "./layer-context.ts"

/** The version of the ONNX standard whose Attention accepts each row's number of tokens. */
export const attentionOpset = 24

/**
 * Row after row, activations of the shape [rows, longest, hiddenSize], as ONNX's Attention takes them: it
 * computes a head's scores, probabilities and context while they are in the nearest cache, and padding, given as
 * each row's number of tokens, costs nothing if none exists.
 */
export function rowMajor({ graph, config, precision }: LayerContext): TokenLayout {
  const { heads, hiddenSize } = config
  const { ids, mask } = addInputs(graph)
  const counted = graph.node("batch.counted", "ReduceSum", [mask, graph.indices(1)], { keepdims: 0 })
  const lengths = graph.node("batch.lengths", "Cast", [counted], { to: elementType.int64 })
  const shape = graph.node("batch.shape", "Shape", [ids])
  const attention = (name: string, q: Value, k: Value, v: Value) =>
    graph.node(name, "Attention", [q, k, v, "", "", "", lengths], {
      q_num_heads: heads,
      kv_num_heads: heads,
      scale: { float: 1 },
    })
  return {
    ids,
    axis: 1,
    positionDims: [],
    longest: graph.node("batch.longest", "Gather", [shape, graph.indices(1)]),
    laidOut: (_, embedded) => embedded,
    cls: (name, x) => first(graph, name, x),
    attend(name, x, queried, { query, key, value }) {
      const q = precision.linear(graph, `${name}.q`, queried, query)
      const k = precision.linear(graph, `${name}.k`, x, key)
      const v = precision.linear(graph, `${name}.v`, x, value)
      if (queried === x) return attention(`${name}.context`, q, k, v)
      const perRow = attention(`${name}.twice`, twice(graph, `${name}.q.twice`, q, hiddenSize), k, v)
      return first(graph, `${name}.context`, perRow)
    },
  }
}

/** Shape [rows, tokens, channels] to [rows, channels]. */
function first(graph: GraphBuilder, name: string, x: Value): Value {
  return graph.node(name, "Gather", [x, graph.constant("index.0", BigInt64Array.of(0n), [])], { axis: 1 })
}

/**
 * The queries of the [CLS] tokens, each twice. For a product of one row ONNX Runtime has kernels of its own, which add up
 * in another order for another number of keys: with them the last bits of a text's context, and so its codes and scores,
 * would depend on how far its micro-batch is padded. From two rows on, every sum runs from the first to the last in turn,
 * where the zeros of padding change nothing.
 *
 * @param q - shape [rows, channels]
 * @returns shape [rows, 2, channels]
 */
function twice(graph: GraphBuilder, name: string, q: Value, channels: number): Value {
  const both = graph.node(`${name}.flat`, "Concat", [q, q], { axis: 1 })
  return graph.node(name, "Reshape", [both, graph.indices(-1, 2, channels)])
}
