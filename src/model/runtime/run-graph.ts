import { type MicroBatch, type PaddedRows, padded } from "../micro-batch.ts"
import { type InferenceSession, Tensor } from "./onnx-runtime.ts"

/** The inputs that a graph can have, by name: Valence's own take the first two, as int32; exports take int64. */
const readers: Readonly<Record<string, (rows: PaddedRows) => Int32Array>> = {
  input_ids: rows => rows.inputIds,
  attention_mask: rows => rows.attentionMask,
  // Which of two texts a token is of: there is one.
  token_type_ids: rows => new Int32Array(rows.inputIds.length),
}

/**
 * A micro-batch as the inputs that a session has, in their types.
 *
 * @throws Error if it has an input that is not known, has one in a type that ids do not come in, or lacks one
 */
export function feedsOf({ inputMetadata: inputs }: InferenceSession, batch: MicroBatch): Record<string, Tensor> {
  for (const needed of ["input_ids", "attention_mask"])
    if (!inputs.some(({ name }) => name === needed))
      throw new Error(`it must have an input called ${needed}; it has none`)
  const rows = padded(batch)
  return Object.fromEntries(
    inputs.map(input => {
      const values = readers[input.name]?.(rows)
      if (values === undefined)
        throw new Error(`its inputs must be some of ${Object.keys(readers).join(", ")}; it has ${input.name}`)
      return [input.name, tensorOf(values, input.name, input.isTensor ? input.type : "no tensor", batch)]
    }),
  )
}

function tensorOf(values: Int32Array, name: string, type: string, { rows, longest }: MicroBatch): Tensor {
  if (type === "int32") return new Tensor("int32", values, [rows, longest])
  if (type === "int64") return new Tensor("int64", BigInt64Array.from(values, BigInt), [rows, longest])
  throw new Error(`its input ${name} must be int32 or int64; it is ${type}`)
}

/**
 * Runs a micro-batch.
 *
 * @returns logits, float32, shape [rows, labels]
 */
export async function runGraph(session: InferenceSession, batch: MicroBatch): Promise<Float32Array> {
  const { logits } = await session.run(feedsOf(session, batch))
  if (!(logits?.data instanceof Float32Array)) throw new Error("it must have a float32 output called logits")
  return logits.data
}
