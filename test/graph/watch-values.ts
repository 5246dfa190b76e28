import { GraphBuilder, type Value } from "../../src/graph/graph-builder.ts"

/** A graph that also gives values of its nodes, floats with two dimensions: messages in one file are read as one. */
export function watchValues(graph: Uint8Array, values: readonly Value[]): Uint8Array {
  const outputs = new GraphBuilder()
  for (const value of values) outputs.output(value, "float32", [`${value}.tokens`, `${value}.channels`])
  return Buffer.concat([graph, outputs.encode({ name: "watched", producerVersion: "" })])
}
