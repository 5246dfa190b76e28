import type { ModelConfig } from "../../model/config.ts"
import { microBatch } from "../../model/micro-batch.ts"
import { runGraph } from "../../model/runtime/run-graph.ts"
import { scoreFunctionOf, scoresOf } from "../../model/scores.ts"
import { openGraph } from "../onnx/open-graph.ts"

/** How far a graph's scores are from those of the float32 model. */
export interface Agreement {
  readonly texts: number
  /** Texts whose best label differs. */
  readonly labelFlips: number
  /** Mean difference of the scores, over texts and labels. */
  readonly maxDifference: number
  readonly meanDifference: number
}

/**
 * Runs texts, one at a time, through a graph.
 *
 * @param reference - the float32 model's logits, one array a text
 * @param encodings - token ids, one array a text
 */
export async function compareWithReference(
  config: ModelConfig,
  reference: readonly Float32Array[],
  graph: Uint8Array,
  encodings: readonly Int32Array[],
): Promise<Agreement> {
  const scoresOfText = (logits: Float32Array) => scoresOf(logits, scoreFunctionOf(config))
  const expected = reference.map(scoresOfText)
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
async function logitsOf(graph: Uint8Array, encodings: readonly Int32Array[]): Promise<Float32Array[]> {
  const session = await openGraph(graph)
  const all: Float32Array[] = []
  for (const inputIds of encodings) all.push(await runGraph(session, microBatch([inputIds], 0)))
  await session.release()
  return all
}

function bestOf(scores: readonly number[]): number {
  return scores.indexOf(Math.max(...scores))
}
