import type { Value } from "../onnx/graph-builder.ts"
import { elementType } from "../onnx/onnx-schema.ts"
import { type AttendedRows, clsAttention, selfAttention } from "./attention.ts"
import { addInputs, type LayerContext, type TokenLayout } from "./layer-context.ts"

/**
 * Added to the score of a padding token, which then has a probability of exactly 0. In float16 a score of any size that
 * it can be added to stays finite.
 */
const MASKED = { float64: -1e9, float32: -1e9, float16: -3e4 }

/**
 * The first token of every row, then the second of every row, and so on: activations have the shape [tokens, hiddenSize]
 * with tokens = longest x rows. So products of matrices read queries, keys and values head by head without a transpose,
 * and the [CLS] tokens are the first `rows` tokens. All of it are operators that GPUs have too.
 *
 * @param withoutKeys - the last layer's [CLS] tokens attend without keys and values
 */
export const timeMajor =
  (withoutKeys: boolean) =>
  (model: LayerContext): TokenLayout => {
    const { graph } = model
    const { ids, ...batch } = addBatch(model)
    return {
      ids,
      axis: 0,
      positionDims: [1],
      longest: batch.longest,
      laidOut: (name, embedded, channels) => graph.node(name, "Reshape", [embedded, graph.indices(-1, channels)]),
      cls: (name, x) => graph.node(name, "Slice", [x, graph.indices(0), batch.rows, graph.indices(0)]),
      attend(name, x, queried, weights) {
        const attention = queried !== x && withoutKeys ? clsAttention : selfAttention
        return attention(model, name, x, queried, weights, batch)
      },
    }
  }

function addBatch({ graph, config }: LayerContext): AttendedRows & { ids: Value } {
  const { ids: inputIds, mask } = addInputs(graph)
  const ids = graph.node("batch.ids", "Transpose", [inputIds], { perm: [1, 0] })
  const shape = graph.node("batch.shape", "Shape", [ids])
  const padding = graph.node("batch.padding", "Sub", [graph.constant("batch.one", Int32Array.of(1), []), mask])
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
