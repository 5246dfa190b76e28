/*
 * Terminology, one word for one thing:
 *
 * text         what is labelled: one string
 * encoding     a text as the model's token ids, special tokens included, truncated to `maxLength`
 * window       a part of a text that is too long for the model, with special tokens of its own; windows overlap
 * stride       the tokens that a window shares with the one before it
 * pooling      how the scores of a text's windows become the text's
 * micro-batch  encodings of like length, padded to the longest, that go through a device in one run
 * token budget the padded tokens that a micro-batch may hold: rows x longest
 * max wait     how long a text may wait for company before its micro-batch is sent
 * lane         `interactive` or `bulk`: which of two waiting lines a text stands in
 * device       what runs sessions, one in each of its child processes: for `cpu`, a single-threaded child for each core
 *              granted; for a GPU, one child
 * provider     an execution provider: the part of ONNX Runtime that computes on a kind of device
 * session      a graph loaded into an execution provider
 * logits       what the graph gives: one number a label
 * scores       the logits after softmax, sigmoid or nothing
 * label        a name from the model's `id2label`
 * lexicon      a word list with a valence for each word
 *
 * job          an entry of a queue: a few texts and how to label them
 * producer     adds jobs and collects their results
 * worker       takes jobs, labels their texts and stores the results
 * attempt      one time that a worker took a job and failed or not; backoff is the time between two
 * lock         a worker's hold on a job, renewed while it works; a job whose lock ran out is stalled and goes back
 * dead letter  a job that failed for good, with its cause
 * drain        stop taking, finish what was accepted, give back the rest
 */

/** How logits become scores. */
export type ScoreFunction = "softmax" | "sigmoid" | "none"

/** What becomes of a text that has more tokens than `maxLength`: its beginning is labelled, all of it in windows, or it fails. */
export type LongText = "truncate" | "windows" | "error"

/**
 * How the scores of a text's windows become the text's: their mean, weighted by the text's tokens in them or not, or for
 * each label the largest, divided by their sum where `scoreFunction` is softmax.
 */
export type Pooling = "weighted" | "mean" | "max"

/** What becomes of a blank text: it fails with `text_empty`, or is labelled as any other. */
export type EmptyText = "error" | "label"

/** Which of two waiting lines a text stands in: `interactive` goes first, `bulk` ages so that it never starves. */
export type Lane = "interactive" | "bulk"

/** What labelled a text: enough to refuse a run that is continued with another model. */
export interface ModelInfo {
  readonly name: string
  /** Changes whenever the same text could get other scores: a digest of the files that decide them. */
  readonly revision: string
  /** `fp32`, `int8`; `onnx` for a graph that someone else made, in any precision; `lexicon` for a word list. */
  readonly dtype: string
  readonly labels: readonly string[]
  /** Tokens that a text may have, special tokens included; `Infinity` if the model has no limit. */
  readonly maxLength: number
}

/** What a classifier knows of one of its devices. */
export interface DeviceFacts {
  /** As it was asked for: `cpu`, `cuda:1`. */
  readonly device: string
  readonly children: number
  /** Tokens and texts that a micro-batch may have. */
  readonly maxBatchTokens: number
  readonly maxBatchTexts: number
  /** What all its children together compute, padding counted, as it was measured; `undefined` if it was not. */
  readonly tokensPerSecond: number | undefined
}

/** Whether a word list labels: its scores are sums of valences and no probabilities, and a text costs next to nothing. */
export const isWordList = ({ dtype }: Pick<ModelInfo, "dtype">) => dtype === "lexicon"

/** How long the texts of a call were where, ms; of each the longest. */
export interface LabelTimings {
  /** Waiting for a device, or in Redis for a worker. */
  readonly queueMs?: number
  /** Becoming token ids. */
  readonly tokeniseMs?: number
  /** In a device's session; of a text in windows, from when the first begins to when all are done. */
  readonly inferenceMs?: number
  /** From when a worker took them to when they were labelled. */
  readonly workerMs?: number
}

/** What a caller may choose for each call. */
export interface LabelOptions {
  /** How many `scores` a result lists, best first, or `"all"`; without it a result has `label` and `score` alone. */
  readonly topK?: number | "all" | undefined
  /** The labels of the model that are scored, two or more: as if it had no others. Default: all. */
  readonly labels?: readonly string[] | undefined
  /** Default: as the model's `problem_type` says, softmax for a single label and sigmoid for several. */
  readonly scoreFunction?: ScoreFunction | undefined
  /** Tokens after which a text is too long, special tokens included; at most the model's `maxLength`. */
  readonly maxLength?: number | undefined
  /** What becomes of a text that is too long; default `truncate`. */
  readonly longText?: LongText | undefined
  /** Tokens that a window shares with the one before it, at most half of `maxLength`; default an eighth of it. */
  readonly stride?: number | undefined
  /** How the scores of windows become the text's; default `weighted`. */
  readonly pooling?: Pooling | undefined
  /** What becomes of a text without a visible character; default `error`. */
  readonly empty?: EmptyText | undefined
  /** Default `interactive`. */
  readonly lane?: Lane | undefined
  /** Texts that have not reached a device when it aborts are dropped, and `label()` rejects. */
  readonly signal?: AbortSignal | undefined
  /**
   * Names the call, for labellers that keep results: the same call again, after a crash too, gets what was labelled
   * already. The caller that names a call lets go of it with `release`.
   */
  readonly id?: string | undefined
  /** Called with the time that the texts spent in each step; in a fleet, once per job. */
  readonly onTimings?: ((timings: LabelTimings) => void) | undefined
}

/** A label with its score. */
export interface LabelScore {
  readonly label: string
  readonly score: number
}

/** The result of a text that was labelled. */
export interface Labelled extends LabelScore {
  /** Best first; only where `topK` asked for it. */
  readonly scores?: readonly LabelScore[]
  /** Tokens that the model read, special tokens included; for a lexicon, the words of the text. Windows share tokens: each counts once. */
  readonly tokens: number
  /** Whether the text had more tokens than the model read. */
  readonly truncated: boolean
  /** The number of windows in which the model read the text; 1 if it was not cut into any. */
  readonly windows: number
  /**
   * True if the model's vocabulary hardly has the characters, the script or the language of the text: its label means
   * little then. Otherwise absent.
   */
  readonly unfamiliar?: true
  /** The words or phrases that a lexicon matched, in order; absent for other models. */
  readonly words?: readonly string[]
  readonly error?: never
}

/** The result of a text that could not be labelled; its neighbours are not affected. */
export interface Failed {
  readonly error: { readonly code: string; readonly message: string }
}

/** One text's result. */
export type LabelledText = Labelled | Failed

/** Labels texts: in this process, in a fleet, or from a word list; its user cannot tell which. */
export interface Labeller extends AsyncDisposable {
  readonly model: ModelInfo
  /** What it labels on, if it does so in this process and on devices. */
  readonly devices?: readonly DeviceFacts[]
  /** Why device `auto` is not a GPU; `undefined` if it is, or something else was asked for. */
  readonly fellBack?: string | undefined
  /** Whether workers label, through Redis, instead of this process. */
  readonly isFleet?: boolean
  /**
   * One result a text, in the order of `texts`; a text that fails carries its own error.
   *
   * @throws ValenceError `option_invalid`, `aborted`, `closed`
   */
  label(texts: readonly string[], options?: LabelOptions): Promise<LabelledText[]>
  /**
   * Why texts cannot be labelled, as far as that shows before any is: in the order of `texts`, `undefined` for one that can.
   * Absent if it would be as much work, or only a worker can tell.
   *
   * @throws ValenceError `option_invalid`, `closed`
   */
  check?(texts: readonly string[], options?: LabelOptions): Promise<(Failed | undefined)[]>
  /** Lets go of the results of calls that were given an `id`; absent if a labeller keeps none. */
  release?(ids: readonly string[]): Promise<void>
  /** Finishes what was accepted, then lets go of every process and file; may be called twice. */
  close(): Promise<void>
}
