import { InferenceSession, Tensor } from "onnxruntime-node"
import type { ModelConfig } from "../model/config.ts"
import { scoreFunctionOf, scoresOf } from "../model/scores.ts"

/** How far a graph's scores lie from those of its reference. */
export interface Agreement {
  readonly texts: number
  /** Texts whose best label differs. */
  readonly labelFlips: number
  /** Of the scores, over texts and labels. */
  readonly maxDifference: number
  readonly meanDifference: number
}

/**
 * Runs texts, one at a time, through a graph and its reference.
 *
 * @param encodings - token ids, one array a text
 */
export async function compareGraphs(
  config: ModelConfig,
  reference: Uint8Array,
  graph: Uint8Array,
  encodings: readonly Int32Array[],
): Promise<Agreement> {
  const scoresOfText = (logits: Float32Array) => scoresOf(logits, scoreFunctionOf(config))
  const expected = (await logitsOf(reference, encodings)).map(scoresOfText)
  const got = (await logitsOf(graph, encodings)).map(scoresOfText)
  let [labelFlips, maxDifference, sum] = [0, 0, 0]
  expected.forEach((scores, text) => {
    const others = got[text] ?? []
    if (bestOf(scores) !== bestOf(others)) labelFlips++
    scores.forEach((score, label) => {
      const difference = Math.abs(score - (others[label] ?? Number.NaN))
      maxDifference = Math.max(maxDifference, difference)
      sum += difference
    })
  })
  const texts = encodings.length
  return { texts, labelFlips, maxDifference, meanDifference: sum / (texts * config.labels.length) }
}

/** Each text's logits, from a run of its own. */
export async function logitsOf(graph: Uint8Array, encodings: readonly Int32Array[]): Promise<Float32Array[]> {
  const session = await InferenceSession.create(graph)
  const all: Float32Array[] = []
  for (const inputIds of encodings) {
    const dims = [1, inputIds.length]
    const results = await session.run({
      input_ids: new Tensor("int32", inputIds, dims),
      attention_mask: new Tensor("int32", new Int32Array(inputIds.length).fill(1), dims),
    })
    all.push(Float32Array.from(results["logits"]?.data as Float32Array))
  }
  await session.release()
  return all
}

function bestOf(scores: readonly number[]): number {
  return scores.indexOf(Math.max(...scores))
}
