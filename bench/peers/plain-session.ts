import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { Tokenizer } from "tokenizers"
import { InferenceSession, Tensor } from "../../src/model/runtime/onnx-runtime.ts"
import type { PeerLabel } from "./open-pipeline.ts"

const MAX_LENGTH = 512
const files = { int8: "model_quantized.onnx", fp32: "model.onnx" }

/** onnxruntime-node as many use it: one text a run, in this process. */
export interface PlainSession {
  label(texts: readonly string[]): Promise<PeerLabel[]>
  close(): Promise<void>
}

/**
 * Opens a session over an export, with as many threads as onnxruntime takes by itself.
 *
 * @param folder - as `python/make_export.py` writes it
 */
export async function openPlainSession(folder: string, dtype: "int8" | "fp32"): Promise<PlainSession> {
  const session = await InferenceSession.create(join(folder, "onnx", files[dtype]))
  const tokenizer = Tokenizer.fromFile(join(folder, "tokenizer.json"))
  tokenizer.setTruncation(MAX_LENGTH)
  const { id2label } = JSON.parse(await readFile(join(folder, "config.json"), "utf8")) as {
    id2label: Record<string, string>
  }
  async function labelOne(text: string): Promise<PeerLabel> {
    const ids = (await tokenizer.encode(text)).getIds()
    const shape = [1, ids.length]
    const { logits } = await session.run({
      input_ids: new Tensor("int64", BigInt64Array.from(ids, BigInt), shape),
      attention_mask: new Tensor("int64", new BigInt64Array(ids.length).fill(1n), shape),
    })
    const values = [...((logits as Tensor).data as Float32Array)]
    const most = Math.max(...values)
    const sum = values.reduce((total, value) => total + Math.exp(value - most), 0)
    return { label: id2label[values.indexOf(most)] as string, score: 1 / sum }
  }
  return {
    async label(texts) {
      const labels: PeerLabel[] = []
      for (const text of texts) labels.push(await labelOne(text))
      return labels
    },
    close: () => session.release(),
  }
}
