import {
  type Complete,
  choice,
  completeOptions,
  count,
  type Declaration,
  type Given,
  longestTimerMs,
  text,
  toggle,
} from "./declaration.ts"
import { shown, ValenceError } from "./errors.ts"
import type { LabelOptions, LongText, ModelInfo } from "./labeller.ts"
import { longestStride, shortestWindow, usualStride } from "./window-layout.ts"

/** Whether models may come from the hub. */
export const hubOptions = {
  offline: toggle({
    help: "download nothing: use models on this machine, also in Hugging Face's cache (as HF_HUB_OFFLINE=1)",
  }),
} as const

/** Which model labels, in which precision and where. */
export const modelOptions = {
  model: text({
    default: "sentiment-small",
    unit: "model",
    env: "VALENCE_MODEL",
    help: "a bundled model or lexicon by name, a checkpoint folder, an ONNX file, a lexicon file (.tsv), or OWNER/NAME[@REVISION] on the hub",
  }),
  dtype: choice({
    default: "auto",
    choices: ["auto", "int8", "fp16", "fp32"],
    unit: "dtype",
    env: "VALENCE_DTYPE",
    help: "precision of the graph; auto is int8 on CPUs, and fp16 or else fp32 elsewhere; for ready ONNX files auto is model.onnx",
  }),
  device: text({
    default: "cpu",
    unit: "device",
    env: "VALENCE_DEVICE",
    help: "cpu (a child process for each core granted), cpu:N, cuda:0, a list such as cuda:0,cuda:1, or auto; docs/devices.md has them all",
  }),
  children: count({
    default: undefined,
    min: 1,
    unit: "child processes",
    env: "VALENCE_CHILDREN",
    help: "child processes, each with a session, on every device without a number of its own (default: 1 on a GPU, one for each core on the CPU)",
  }),
  ...hubOptions,
} as const

/** How a model of the hub becomes one that can be loaded. */
export const pullOptions = { dtype: modelOptions.dtype, ...hubOptions } as const

/** What `pullModel` takes. */
export type PullOptions = Given<typeof pullOptions>

/** How a classifier batches and guards its devices. */
export const classifierOptions = {
  ...modelOptions,
  maxBatchTokens: count({
    default: undefined,
    min: 1,
    unit: "tokens",
    env: "VALENCE_MAX_BATCH_TOKENS",
    help: "token budget of a micro-batch, padding counted (default: as measured on this machine, or else 512 on CPUs)",
  }),
  maxBatchTexts: count({
    default: undefined,
    min: 1,
    unit: "texts",
    help: "maximum texts in a micro-batch (default: 64, or one for each 32 tokens of a larger token budget)",
  }),
  tune: choice({
    default: "auto",
    choices: ["auto", "measure", "off"],
    unit: "when",
    env: "VALENCE_TUNE",
    help: "token budget and number of children: auto uses the saved measurement, measure measures if none is saved, off uses the defaults",
  }),
  maxWaitMs: count({
    default: 0,
    min: 0,
    max: longestTimerMs,
    unit: "ms",
    help: "how long a text may wait for others to join its micro-batch while a device is free",
  }),
  bulkAgeMs: count({
    default: 500,
    min: 0,
    max: longestTimerMs,
    unit: "ms",
    help: "a bulk text that has waited this long is served next",
  }),
  bulkRunMs: count({
    default: 10,
    min: 1,
    max: longestTimerMs,
    unit: "ms",
    help: "target duration of a bulk micro-batch while interactive texts arrive",
  }),
  runTimeoutMs: count({
    default: 60_000,
    min: 1,
    max: longestTimerMs,
    unit: "ms",
    help: "a device that takes longer for a micro-batch is killed and replaced",
  }),
  startTimeoutMs: count({
    default: 60_000,
    min: 1,
    max: longestTimerMs,
    unit: "ms",
    help: "a device that takes longer to load its model is killed, and started again",
  }),
  maxTextLength: count({
    default: 2_000_000,
    min: 1,
    unit: "UTF-16 units",
    help: "a longer text is refused: tokenising needs about 100 bytes of memory for each unit",
  }),
} as const

/** What `createClassifier` takes. */
export type ClassifierOptions = Given<typeof classifierOptions>

/** How a text is scored. */
export const scoreOptions = {
  topK: {
    default: undefined,
    unit: "k",
    help: "list the k best scores of each text, or all",
    rule: 'must be a whole number of labels, 1 or more, or "all"',
    // Not a union: an error names one rule.
    json: { type: ["integer", "string"], minimum: 1, pattern: "^all$" },
    read: value => (value === "all" ? "all" : count({ default: 1, min: 1, unit: "labels", help: "" }).read(value)),
  } as Declaration<number | "all" | undefined>,
  labels: {
    default: undefined,
    unit: "labels",
    help: "score only these labels of the model, comma-separated, such as NEGATIVE,POSITIVE (default: all)",
    rule: "must be two labels or more, each once",
    json: { type: "array", minItems: 2, uniqueItems: true, items: { type: "string", minLength: 1 } },
    read(value) {
      const labels = typeof value === "string" ? value.split(",").map(label => label.trim()) : value
      const areNames = Array.isArray(labels) && labels.every(label => typeof label === "string" && label !== "")
      return areNames && labels.length > 1 && new Set(labels).size === labels.length ? labels : undefined
    },
  } as Declaration<readonly string[] | undefined>,
  scoreFunction: choice({
    default: undefined,
    choices: ["softmax", "sigmoid", "none"],
    unit: "function",
    help: "how logits become scores (default: as the model says)",
  }),
  maxLength: count({
    default: undefined,
    min: 2,
    unit: "tokens",
    help: "a text with more tokens is too long (default: the model's limit)",
  }),
  longText: choice({
    default: "truncate",
    choices: ["truncate", "windows", "error"],
    unit: "how",
    help: "a text that is too long: truncate labels its beginning, windows all of it, error lets it fail (text_too_long)",
  }),
  stride: count({
    default: undefined,
    min: 0,
    unit: "tokens",
    help: "tokens that a window shares with the one before it, at most half (default: an eighth of maxLength)",
  }),
  empty: choice({
    default: "error",
    choices: ["error", "label"],
    unit: "how",
    help: "a text without a visible character: error lets it fail (text_empty), label labels it like any other",
  }),
  pooling: choice({
    default: "weighted",
    choices: ["weighted", "mean", "max"],
    unit: "how",
    help: "how windows' scores become the text's: mean weighted by tokens, plain mean, or each label's largest",
  }),
} as const

/** What a call of `label()` may choose. */
export const labelOptions = {
  ...scoreOptions,
  lane: choice({
    default: "interactive",
    choices: ["interactive", "bulk"],
    unit: "lane",
    help: "which queue the texts wait in: interactive goes first",
  }),
} as const

/**
 * What a call of `label()` chose, checked and filled in.
 *
 * @throws ValenceError `option_invalid`, also where `texts` is no array
 */
export function completeCall(
  texts: readonly string[],
  { signal: _, id: __, onTimings: ___, ...options }: LabelOptions,
): Complete<typeof labelOptions> {
  if (!Array.isArray(texts))
    throw new ValenceError("option_invalid", `texts must be an array of strings; got ${shown(texts)}`)
  return completeOptions(labelOptions, options)
}

/** How long texts may be, and what becomes of longer ones: complete. */
export interface LengthLimits {
  readonly maxLength: number
  readonly longText: LongText
  readonly stride: number
}

/**
 * A call's lengths, held against the model's and filled in.
 *
 * @throws ValenceError `option_invalid`
 */
export function completeLengths(
  given: Pick<Complete<typeof labelOptions>, "maxLength" | "longText" | "stride">,
  model: ModelInfo,
): LengthLimits {
  const { maxLength = model.maxLength, longText } = given
  const least = longText === "windows" ? shortestWindow : 2
  if (maxLength > model.maxLength || maxLength < least)
    throw new ValenceError(
      "option_invalid",
      `maxLength must be a whole number of tokens, ${least} to ${model.maxLength} for ${model.name}${longText === "windows" ? " in windows" : ""}; got ${maxLength}`,
    )
  const { stride = usualStride(maxLength) } = given
  const most = longestStride(maxLength)
  if (longText === "windows" && stride > most)
    throw new ValenceError(
      "option_invalid",
      `stride must be a whole number of tokens, 0 to ${most} where maxLength is ${maxLength}; got ${stride}`,
    )
  return { maxLength, longText, stride }
}
