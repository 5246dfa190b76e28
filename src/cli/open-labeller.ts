import { createClassifier } from "../classifier/classifier.ts"
import type { Labeller } from "../labeller.ts"
import { isLexicon } from "../lexicon/find-lexicon.ts"
import { createLexiconLabeller } from "../lexicon/lexicon-labeller.ts"
import type { ClassifierOptions } from "../options.ts"

/** The labeller that `--model` names: a lexicon, or a checkpoint's classifier. */
export function openLabeller(options: ClassifierOptions): Promise<Labeller> {
  const { model } = options
  return model !== undefined && isLexicon(model) ? createLexiconLabeller({ model }) : createClassifier(options)
}
