import type { GraphBuilder, Value } from "../onnx/graph-builder.ts"
import type { LinearWeights } from "../weights/weights.ts"
import type { Precision } from "./layer-context.ts"
import { timeMajor } from "./time-major.ts"

function gemm(graph: GraphBuilder, name: string, x: Value, linear: LinearWeights, added: Value) {
  const weight = graph.constant(`${name}.weight`, linear.weight(), [linear.inputs, linear.outputs])
  return graph.node(name, "Gemm", [x, weight, added])
}

/** Everything in the floats of the graph, float32 or float16. A linear layer whose bias was folded away adds the residual within its Gemm. */
export const floats: Precision = {
  tokens: timeMajor(true),

  embed(graph, name, ids, table, channels) {
    const rows = table()
    return graph.node(name, "Gather", [graph.constant(`${name}.table`, rows, [rows.length / channels, channels]), ids])
  },

  linear(graph, name, x, weights) {
    return gemm(graph, name, x, weights, weights.bias ? graph.constant(`${name}.bias`, weights.bias) : "")
  },

  addLinear(graph, name, x, weights, residual) {
    if (weights.bias === undefined) return gemm(graph, name, x, weights, residual)
    return graph.node(`${name}.residual`, "Add", [floats.linear(graph, name, x, weights), residual])
  },
}
