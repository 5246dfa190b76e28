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
