import type { GraphBuilder, Value } from "./graph-builder.ts"
import type { Precision } from "./precision.ts"
import type { LinearWeights } from "./weights.ts"

function gemm(graph: GraphBuilder, name: string, x: Value, { weight, inputs, outputs }: LinearWeights, added: Value) {
  return graph.node(name, "Gemm", [x, graph.constant(`${name}.weight`, weight, [inputs, outputs]), added])
}

/** Everything in float32. A linear layer whose bias was folded away adds the residual within its Gemm. */
export const fp32: Precision = {
  attendsWithoutKeys: true,

  embed(graph, name, ids, table, channels) {
    return graph.node(name, "Gather", [
      graph.constant(`${name}.table`, table, [table.length / channels, channels]),
      ids,
    ])
  },

  linear(graph, name, x, weights) {
    return gemm(graph, name, x, weights, weights.bias ? graph.constant(`${name}.bias`, weights.bias) : "")
  },

  addLinear(graph, name, x, weights, residual) {
    if (weights.bias === undefined) return gemm(graph, name, x, weights, residual)
    return graph.node(`${name}.residual`, "Add", [fp32.linear(graph, name, x, weights), residual])
  },
}
