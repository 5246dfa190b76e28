import { attentionOpset } from "../../src/graph/layers/row-major.ts"
import { GraphBuilder, type Value } from "../../src/graph/onnx/graph-builder.ts"

/** An int8 graph that also gives values of its nodes, floats with so many dimensions: messages in one file are read as one. */
export function watchValues(graph: Uint8Array, values: ReadonlyMap<Value, number>): Uint8Array {
  const outputs = new GraphBuilder("float32", attentionOpset)
  for (const [value, dims] of values)
    outputs.output(
      value,
      "float32",
      Array.from({ length: dims }, (_, dim) => `${value}.${dim}`),
    )
  return Buffer.concat([graph, outputs.encode({ name: "watched", producerVersion: "" })])
}
