import type { MicroBatch } from "./micro-batch.ts"
import { type InferenceSession, Tensor } from "./onnx-runtime.ts"

/** A micro-batch as the inputs of a graph. */
export function feedsOf({ rows, longest, inputIds, attentionMask }: MicroBatch): Record<string, Tensor> {
  return {
    input_ids: new Tensor("int32", inputIds, [rows, longest]),
    attention_mask: new Tensor("int32", attentionMask, [rows, longest]),
  }
}

/**
 * Runs a micro-batch.
 *
 * @returns logits, float32, shape [rows, labels]
 */
export async function runGraph(session: InferenceSession, batch: MicroBatch): Promise<Float32Array> {
  const { logits } = await session.run(feedsOf(batch))
  if (!(logits?.data instanceof Float32Array)) throw new Error("the graph must have a float32 output called logits")
  return logits.data
}
