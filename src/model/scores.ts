import type { LabelScore, ScoreFunction } from "../labeller.ts"
import type { ModelConfig } from "./config.ts"

/**
 * How a model's logits become scores by default: as its `problem_type` says; a sole label, to which
 * softmax would give 1 for any text, is scored on its own.
 */
export function scoreFunctionOf({ problemType, labels }: Pick<ModelConfig, "problemType" | "labels">): ScoreFunction {
  return problemType === "multi_label_classification" || labels.length === 1 ? "sigmoid" : "softmax"
}

/**
 * Logits as scores.
 *
 * @param logits - one number a label
 * @returns as many numbers, float64: `softmax` sums to 1, `sigmoid` treats every label on its own, `none` gives the logits
 */
export function scoresOf(logits: ArrayLike<number>, how: ScoreFunction): number[] {
  const scores = Array.from(logits)
  if (how === "none") return scores
  if (how === "sigmoid") return scores.map(logit => 1 / (1 + Math.exp(-logit)))
  const largest = Math.max(...scores)
  const powers = scores.map(logit => Math.exp(logit - largest))
  const sum = powers.reduce((a, b) => a + b, 0)
  return powers.map(power => power / sum)
}

/** Labels with their scores, best first; equal scores keep the model's order. */
export function ranked(labels: readonly string[], scores: readonly number[]): LabelScore[] {
  return labels.map((label, index) => ({ label, score: scores[index] ?? Number.NaN })).sort((a, b) => b.score - a.score)
}
