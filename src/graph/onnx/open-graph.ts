import { InferenceSession } from "../../model/runtime/onnx-runtime.ts"

/**
 * A session with a graph in memory. Its threads sleep when they have nothing to do, instead of looking for work on cores
 * that others need: a build lasts for seconds, and what it runs at once is large.
 */
export function openGraph(graph: Uint8Array): Promise<InferenceSession> {
  return InferenceSession.create(graph, { extra: { session: { intra_op: { allow_spinning: "0" } } } })
}
