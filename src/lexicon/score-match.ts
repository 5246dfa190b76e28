import type { Labelled, LabelScore } from "../labeller.ts"
import type { Match } from "./lexicon.ts"

/** The labels of every lexicon. */
export const lexiconLabels = ["NEGATIVE", "NEUTRAL", "POSITIVE"] as const

/** Below this share of all valence a sum is rounding error: 0.1 + 0.2 - 0.3. */
const negligible = 1e-12

/**
 * A text's result: the mean valence of the matched entries is its `score`, the sign of that its label. Where nothing
 * matched, or what matched cancels out, the label is NEUTRAL and the score 0.
 *
 * @param topK - how many `scores` to list: the share of each label in the valence that was found, 1 in sum, so that
 *   the label is always first; NEUTRAL has all of it if the label is NEUTRAL, and none elsewhere
 */
export function scoreMatch({ entries, wordCount, truncated }: Match, topK?: number | "all"): Labelled {
  let positive = 0
  let negative = 0
  for (const { valence } of entries) {
    if (valence > 0) positive += valence
    else negative -= valence
  }
  const cancels = Math.abs(positive - negative) <= negligible * (positive + negative)
  const sum = cancels ? 0 : positive - negative
  const labelled = {
    label: lexiconLabels[Math.sign(sum) + 1] as string,
    score: sum === 0 ? 0 : sum / entries.length,
    tokens: wordCount,
    truncated,
    windows: 1,
    words: entries.map(({ text }) => text),
  }
  return topK === undefined ? labelled : { ...labelled, scores: shares(positive, negative, sum === 0, topK) }
}

function shares(positive: number, negative: number, neutral: boolean, topK: number | "all"): LabelScore[] {
  const all = positive + negative
  return [
    { label: "NEGATIVE", score: neutral ? 0 : negative / all },
    { label: "NEUTRAL", score: neutral ? 1 : 0 },
    { label: "POSITIVE", score: neutral ? 0 : positive / all },
  ]
    .sort((a, b) => b.score - a.score)
    .slice(0, topK === "all" ? lexiconLabels.length : topK)
}
