import { type Waiter, Waiting } from "../../src/classifier/batcher/waiting.ts"
import { maxTextsFor } from "../../src/classifier/plan/plan-device.ts"
import { providerOf } from "../../src/classifier/plan/providers.ts"
import type { ModelConfig } from "../../src/model/config.ts"
import { type MicroBatch, microBatch } from "../../src/model/micro-batch.ts"
import { createTokenizer } from "../../src/model/tokenizer/tokenizer.ts"

/** The micro-batches that the engine makes of texts on the CPU, where all of them wait. */
export async function microBatchesOf(
  texts: readonly string[],
  { maxPositions, padId }: ModelConfig,
  tokenizer: { readonly json: string; readonly file: string },
): Promise<MicroBatch[]> {
  const { encode } = await createTokenizer(tokenizer.json, tokenizer.file)
  const { maxBatchTokens } = providerOf("cpu")
  const limits = { maxBatchTokens, maxBatchTexts: maxTextsFor(maxBatchTokens) }
  const waiting = new Waiting<Waiter & { readonly inputIds: Int32Array }>()
  for (const { inputIds } of await encode(texts, maxPositions))
    waiting.add({ inputIds, tokens: inputIds.length, since: 0 })
  const batches: MicroBatch[] = []
  while (waiting.size > 0) {
    const encodings = waiting.takeBatch(limits).map(({ inputIds }) => inputIds)
    batches.push(microBatch(encodings, padId))
  }
  return batches
}
