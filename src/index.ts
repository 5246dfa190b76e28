export { Classifier, createClassifier } from "./classifier/classifier.ts"
export { type ErrorCode, ValenceError } from "./errors.ts"
export type {
  Failed,
  Labelled,
  LabelledText,
  Labeller,
  LabelOptions,
  LabelScore,
  Lane,
  ModelInfo,
  ScoreFunction,
} from "./labeller.ts"
export { createLexiconLabeller } from "./lexicon/lexicon-labeller.ts"
export type { ClassifierOptions } from "./options.ts"
