/* Opens a session of one node on a provider, in a process of its own: a driver that is broken takes that with it. */

import { providerOf } from "../classifier/plan/providers.ts"
import { GraphBuilder } from "../graph/onnx/graph-builder.ts"
import { env, InferenceSession } from "../model/runtime/onnx-runtime.ts"

env.logLevel = "fatal"
const provider = providerOf(process.argv[2] ?? "cpu")
const graph = new GraphBuilder()
graph.output(graph.node("y", "Neg", [graph.input("x", "float32", [1])]), "float32", [1])
try {
  await InferenceSession.create(graph.encode({ name: "probe", producerVersion: "1" }), {
    executionProviders: [provider.name],
    logSeverityLevel: 4,
  })
} catch (error) {
  console.log((error as Error).message.trim())
  process.exitCode = 1
}
