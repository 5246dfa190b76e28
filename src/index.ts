export type { DispatcherStats } from "./classifier/batcher/dispatcher.ts"
export { Classifier, type ClassifierRequest, createClassifier } from "./classifier/classifier.ts"
export type { LabelQuality, Quality } from "./corpus/evaluate/confusion.ts"
export { type Evaluation, type EvaluationRequest, evaluateCorpus } from "./corpus/evaluate/evaluate.ts"
export type { GroupQuality } from "./corpus/evaluate/groups.ts"
export { type CorpusRequest, labelCorpus } from "./corpus/label-corpus.ts"
export { type FilesRequest, type FilesSummary, type LabelledFile, labelFiles } from "./corpus/label-files.ts"
export type { CorpusOptions, EvaluateOptions } from "./corpus/options.ts"
export type { Progress } from "./corpus/run/progress.ts"
export type { LabelShare, RunSummary } from "./corpus/run/summary.ts"
export type { FailedRow } from "./corpus/run/write-chunk.ts"
export { type ErrorCode, ValenceError } from "./errors.ts"
export type { ClassifierEmitter, ClassifierEvents } from "./events.ts"
export type { DownloadProgress } from "./hub/pull-checkpoint.ts"
export { type PullRequest, pullModel } from "./hub/pull-model.ts"
export type { OnPull, PullProgress } from "./hub/pull-progress.ts"
export type {
  DeviceFacts,
  EmptyText,
  Failed,
  Labelled,
  LabelledText,
  Labeller,
  LabelOptions,
  LabelScore,
  LabelTimings,
  Lane,
  LongText,
  ModelInfo,
  Pooling,
  ScoreFunction,
} from "./labeller.ts"
export { openLabeller } from "./labellers/open-labeller.ts"
export type { LexiconOptions } from "./lexicon/lexicon-labeller.ts"
export { createLexiconLabeller } from "./lexicon/lexicon-labeller.ts"
export type { GraphDtype } from "./model/dtype.ts"
export type { ClassifierOptions, PullOptions } from "./options.ts"
