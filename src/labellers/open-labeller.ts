import { type ClassifierRequest, createClassifier } from "../classifier/classifier.ts"
import type { Labeller } from "../labeller.ts"
import { isLexicon } from "../lexicon/find-lexicon.ts"
import { createLexiconLabeller } from "../lexicon/lexicon-labeller.ts"

/**
 * The labeller that a model's name stands for, as `--model` decides it: a lexicon's, or a checkpoint's classifier.
 *
 * @example
 * await using labeller = await openLabeller({ model: 'afinn-111' })
 * await labeller.label(['I love it']) // → [{ label: 'POSITIVE', score: 3, ... }]
 *
 * @throws ValenceError as `createClassifier` and `createLexiconLabeller`
 */
export async function openLabeller(request: ClassifierRequest = {}): Promise<Labeller> {
  const { model } = request
  return model !== undefined && isLexicon(model) ? createLexiconLabeller({ model }) : createClassifier(request)
}
