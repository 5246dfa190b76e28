import {
  type Complete,
  choice,
  count,
  type Declaration,
  fraction,
  type Given,
  longestTimerMs,
  text,
  toggle,
} from "../declaration.ts"
import type { LabelOptions } from "../labeller.ts"
import { scoreOptions } from "../options.ts"
import { encodings, findEncoding, type TextEncoding } from "./encoding/encodings.ts"

/** The formats that a corpus is read from. */
export const inputFormats = ["csv", "tsv", "jsonl", "text", "parquet"] as const

/** The formats that a labelled corpus is written in. */
export const outputFormats = ["csv", "tsv", "jsonl", "parquet"] as const

/** How a corpus is read, for labelling and for evaluation. */
export const readOptions = {
  format: choice({
    default: undefined,
    choices: inputFormats,
    unit: "format",
    help: "format of the input (default: by extension; required for standard input)",
  }),
  column: text({
    default: undefined,
    unit: "name",
    help: "column that holds the text, by name or number, or several comma-separated (default: text, review, sentence, ...)",
  }),
  header: toggle({
    default: true,
    help: "the first row of CSV and TSV names the columns; if it is data, give column by its number",
    offHelp: "the first row of CSV and TSV is data and names no columns: give --column by its number",
  }),
  skipLines: count({
    default: 0,
    min: 0,
    unit: "lines",
    help: "lines to skip before the first row or header",
  }),
  encoding: {
    default: "utf-8",
    choices: encodings,
    unit: "name",
    help: "encoding of the input, such as windows-1252, shift_jis or utf-16le; the output is UTF-8",
    rule: `must be one of ${encodings.join(", ")}`,
    read: value => (typeof value === "string" ? findEncoding(value) : undefined),
  } as Declaration<TextEncoding>,
  delimiter: {
    default: undefined,
    unit: "character",
    help: "what separates the fields of CSV, such as ; (default: a comma, and a tab for TSV)",
    rule: "must be one ASCII character other than a letter, digit, quote or line end",
    read: value =>
      typeof value === "string" && /^[\t\x20-\x7e]$/.test(value) && /[^\w"]/.test(value) ? value : undefined,
  } as Declaration<string | undefined>,
  quotes: choice({
    default: "csv",
    choices: ["csv", "none"],
    unit: "quotes",
    help: "quotes of CSV and TSV: csv for fields in double quotes, none if quotes are ordinary characters",
  }),
  escape: {
    default: undefined,
    unit: "character",
    help: "what escapes quotes in CSV, such as \\ for files of Spark, MySQL and ClickHouse (default: quotes are doubled)",
    rule: "must be one ASCII character other than a letter, digit, space or quote",
    read: value => (typeof value === "string" && /^[!#-/:-@[-`{-~]$/.test(value) ? value : undefined),
  } as Declaration<string | undefined>,
  maxRowBytes: count({
    default: 16 * 1024 * 1024,
    min: 1024,
    max: 256 * 1024 * 1024,
    unit: "bytes",
    help: "a longer row, or a quote that stays open for longer, is listed as unreadable",
  }),
} as const

/** A run asks for all scores, or for none. */
const { topK: _, empty: __, ...scoring } = scoreOptions

/** How texts are scored and how many of them are under way at a time. */
const labelOptions = {
  ...scoring,
  empty: choice({
    default: "skip",
    choices: ["skip", "error", "label"],
    unit: "how",
    help: "a row whose text is null or has no visible character: skip keeps it without a label, error lists it, label labels it",
  }),
  limit: count({ default: undefined, min: 1, unit: "rows", help: "read only the first rows (default: all)" }),
  chunkTexts: count({ default: 256, min: 1, max: 100_000, unit: "texts", help: "texts in a chunk" }),
  maxChunks: count({ default: 8, min: 1, max: 10_000, unit: "chunks", help: "chunks in progress at a time" }),
  stopSeconds: count({
    default: 5,
    min: 0,
    max: 86_400,
    unit: "seconds",
    help: "how long running chunks may take to finish after Ctrl-C; then they are dropped",
  }),
} as const

/** How a corpus run reads, labels and writes. */
export const corpusOptions = {
  ...readOptions,
  ...labelOptions,
  outputFormat: choice({
    default: undefined,
    choices: outputFormats,
    unit: "format",
    help: "format of the output (default: by extension, otherwise as the input; CSV for plain text)",
  }),
  minScore: fraction({
    default: undefined,
    min: 0,
    max: Infinity,
    unit: "score",
    help: "a text whose score is lower is labelled UNCERTAIN",
  }),
  prefix: text({
    default: undefined,
    unit: "prefix",
    help: "put before the names of the added columns (default: valence_ if the input has such a column, otherwise none)",
  }),
  scores: toggle({ help: "add a column score_LABEL for each label" }),
  tokens: toggle({ help: "add a column tokens: the number that the model read" }),
  truncated: toggle({ help: "add a column truncated: whether the model read only a part of the text" }),
  windows: toggle({ help: "add a column windows: the number in which the model read the text" }),
  unfamiliar: toggle({
    help: "add a column unfamiliar: whether the model hardly knows the characters or the language of the text",
  }),
  words: toggle({ help: "add a column words: what a lexicon matched" }),
  checkpointMs: count({
    default: 2000,
    min: 0,
    max: longestTimerMs,
    unit: "ms",
    help: "how often the output is synced and the manifest updated, at most",
  }),
  dedup: toggle({
    default: true,
    help: "label duplicate texts once (a lexicon labels every text)",
    offHelp: "label every text, duplicates too (default: duplicates are labelled once)",
  }),
  dedupBytes: count({
    default: 16 * 1024 * 1024,
    min: 1,
    unit: "bytes",
    help: "memory for the results of duplicate texts, about",
  }),
  report: text({ default: undefined, unit: "file", help: "write a page about the run here (.html)" }),
  force: toggle({ help: "start over and overwrite any existing output" }),
} as const

/** What becomes of a row whose text is blank. */
export type EmptyRows = "skip" | "error" | "label"

/** The options that a run's labeller is asked with. */
export type ScoringOptions = Complete<typeof scoring> & { readonly empty: EmptyRows }

/** What a run asks of its labeller. */
export function labelOptionsOf({
  labels,
  scoreFunction,
  maxLength,
  longText,
  stride,
  pooling,
  empty,
  scores = false,
}: ScoringOptions & { readonly scores?: boolean }): LabelOptions {
  const topK = scores ? "all" : undefined
  const options = { lane: "bulk", labels, scoreFunction, maxLength, longText, stride, pooling, topK } as const
  return empty === "label" ? { ...options, empty } : options
}

/** What `labelCorpus` takes. */
export type CorpusOptions = Given<typeof corpusOptions>

/** How labels are compared with the right ones. */
export const evaluateOptions = {
  ...readOptions,
  ...labelOptions,
  labelColumn: text({ default: "label", unit: "name", help: "column that holds the right label" }),
  by: text({ default: undefined, unit: "name", help: "also measure each value of this column separately" }),
  labelMap: text({
    default: undefined,
    unit: "pairs",
    help: "what the labels of the file mean, such as 1=POSITIVE,0=NEGATIVE (default: a label's name or index)",
  }),
} as const

/** What `evaluateCorpus` takes. */
export type EvaluateOptions = Given<typeof evaluateOptions>
