import { basename } from "node:path"
import { stderr, stdout } from "node:process"
import Table from "cli-table3"
import type { Command } from "commander"
import type { Evaluation } from "../../corpus/evaluate/evaluate.ts"
import { standardStream } from "../../corpus/formats.ts"
import { evaluateOptions } from "../../corpus/options.ts"
import { toggle } from "../../declaration.ts"
import { classifierOptions } from "../../options.ts"
import { addFlags, pickOptions } from "../declared-options.ts"
import { withFlags } from "../flag-names.ts"
import { openShownLabeller } from "../open-labeller.ts"
import { noteLines } from "../show/describe-run.ts"
import { openProgressDisplay } from "../show/progress-display.ts"
import { showCount, showRows } from "../show/show-numbers.ts"
import { endInterrupted, interruptedExitCode, listenForStop } from "../stop-signals.ts"

const evalOptions = {
  json: toggle({ help: "print one JSON object" }),
} as const

/** Failed rows that are printed one by one. */
const mostFailedLines = 20
/** Labels up to which the confusion matrix is printed whole. */
const mostMatrixLabels = 12
const mostConfusions = 20

const figure = (share: number | null) => (share === null ? "-" : share.toFixed(4))
const plainStyle = { head: [], border: [] }

function describe({ input, model, column, labelColumn, meanings, ...run }: Evaluation): string {
  const file = input === standardStream ? "standard input" : basename(input)
  const meant = Object.entries(meanings).map(([value, label]) => `${value} means ${label}`)
  const leftOut = Object.entries(run.failedByCode).map(([code, rows]) => `${showCount(rows)} ${code}`)
  return [
    `${model.name} (${model.dtype}, ${model.revision}) on ${file}: text in ${column}, label in ${labelColumn}`,
    ...(meant.length > 0 ? [meant.join(", ")] : []),
    `${showCount(run.compared)} of ${showCount(run.rows)} rows compared, ${showCount(run.textsPerSecond)} texts/s`,
    ...(run.empty > 0 ? [`${showRows(run.empty)} without text, left out (--empty label compares them)`] : []),
    ...(leftOut.length > 0 ? [`left out: ${leftOut.join(", ")}`] : []),
    ...noteLines(run),
    ...(run.interrupted ? ["interrupted: the figures are those of the rows read so far"] : []),
  ].join("\n")
}

function qualityTable({ labels }: Pick<Evaluation, "labels">): string {
  const table = new Table({
    head: ["label", "precision", "recall", "F1", "support"],
    colAligns: ["left", "right", "right", "right", "right"],
    style: plainStyle,
  })
  for (const { label, precision, recall, f1, support } of labels)
    table.push([label, figure(precision), figure(recall), figure(f1), showCount(support)])
  return table.toString()
}

/** The whole matrix, a row for each right label. */
function confusionMatrix({ confusion, labels }: Pick<Evaluation, "labels" | "confusion">): string {
  const table = new Table({
    head: ["right \\ given", ...labels.map(({ label }) => label)],
    colAligns: ["left", ...labels.map(() => "right" as const)],
    style: plainStyle,
  })
  for (const [right, counts] of Object.entries(confusion))
    table.push([right, ...labels.map(({ label }) => showCount(counts[label] ?? 0))])
  return table.toString()
}

/** What was taken for what, the most frequent first: of many labels a matrix would be wider than any terminal. */
function confusionList({ confusion }: Pick<Evaluation, "confusion">): string {
  const table = new Table({
    head: ["right", "given", "rows"],
    colAligns: ["left", "left", "right"],
    style: plainStyle,
  })
  const mistakes = Object.entries(confusion)
    .flatMap(([right, counts]) => Object.entries(counts).map(([given, rows]) => ({ right, given, rows })))
    .filter(({ right, given, rows }) => right !== given && rows > 0)
    .sort((a, b) => b.rows - a.rows)
  for (const { right, given, rows } of mistakes.slice(0, mostConfusions)) table.push([right, given, showCount(rows)])
  return table.toString()
}

function groupTable({ groups }: Pick<Evaluation, "groups">, by: string): string {
  const table = new Table({
    head: [by, "rows", "accuracy", "macro F1"],
    colAligns: ["left", "right", "right", "right"],
    style: plainStyle,
  })
  for (const { value, compared, accuracy, macroF1 } of groups)
    table.push([value, showCount(compared), figure(accuracy), figure(macroF1)])
  return table.toString()
}

/** Each label's figures, and what was taken for what. */
export function evaluationTables(evaluation: Pick<Evaluation, "labels" | "confusion">): string {
  const { labels } = evaluation
  const confusion = labels.length > mostMatrixLabels ? confusionList(evaluation) : confusionMatrix(evaluation)
  return `${qualityTable(evaluation)}\n\n${confusion}`
}

function printTables(evaluation: Evaluation, by = ""): void {
  const { accuracy, macroF1, labels } = evaluation
  console.log(`${describe(evaluation)}\n\naccuracy  ${figure(accuracy)}\nmacro F1  ${figure(macroF1)}`)
  if (labels.length > 0) console.log(`\n${evaluationTables(evaluation)}`)
  if (evaluation.groups.length > 0) console.log(`\n${groupTable(evaluation, by)}`)
}

/** Apart from `evaluate`, because TypeScript does not rewrite the path of an import in a function with `using`. */
function loadEvaluation() {
  return import("../../corpus/evaluate/evaluate.ts")
}

async function evaluate(input: string, given: Readonly<Record<string, unknown>>): Promise<Evaluation> {
  const { evaluateCorpus } = await loadEvaluation()
  using display = openProgressDisplay(stderr)
  const options = pickOptions(evaluateOptions, given)
  const stopping = `stopping: what ends within ${options.stopSeconds} s is counted; Ctrl-C again stops at once`
  using stop = listenForStop(() => display.print(stopping))
  await using labeller = await openShownLabeller(pickOptions(classifierOptions, given), { signal: stop.signal })
  let failed = 0
  const evaluation = await evaluateCorpus({
    input,
    labeller,
    options,
    signal: stop.signal,
    onProgress: progress => display.show(progress),
    onFailedRow({ line, reason }) {
      if (++failed <= mostFailedLines) display.print(`line ${line}: ${withFlags(reason)}`)
    },
  })
  if (failed > mostFailedLines) display.print(`and ${showCount(failed - mostFailedLines)} more`)
  if (evaluation.compared === 0) display.print("error: no row could be compared")
  return evaluation
}

/** Which exit code an evaluation has: 0 if all rows were compared, and there was one. */
function exitCodeOf({ interrupted, failed, compared }: Evaluation): number {
  return interrupted ? interruptedExitCode : failed > 0 || compared === 0 ? 1 : 0
}

async function runEval(input: string, given: Readonly<Record<string, unknown>>): Promise<void> {
  const evaluation = await evaluate(input, given).catch(endInterrupted)
  if (!evaluation) return
  if (pickOptions(evalOptions, given).json) stdout.write(`${JSON.stringify(evaluation)}\n`)
  else printTables(evaluation, pickOptions(evaluateOptions, given).by)
  process.exitCode = exitCodeOf(evaluation)
}

const help = `
The right label of a row is the name of one of the model's labels, in any case, or its index. Rows whose right label is
neither, or whose text cannot be labelled, are listed with their line and left out of the figures. A lexicon gives
NEUTRAL if it knows no word, which is wrong unless NEUTRAL is right; and if a file has only 0 and 1, a lexicon
takes them for NEGATIVE and POSITIVE.

Examples:
  valence eval dev.tsv
  valence eval examples/domains.csv --model sentiment3-small --by domain
  valence eval --model afinn-111 --label-column stars --label-map 1=NEGATIVE,5=POSITIVE reviews.csv

Exit code: 0 all rows were compared, 1 some were not, 2 nothing could be evaluated, 130 it was stopped.`

/** Adds `valence eval`. */
export function addEval(program: Command): void {
  const command = program
    .command("eval")
    .description("compare a model's labels with those in a file: accuracy, F1 and confusion matrix")
    .argument("<file>", "CSV, TSV, JSON Lines, also with .gz or .zst, or Parquet; - for standard input")
    .addHelpText("after", help)
  for (const declarations of [evalOptions, evaluateOptions, classifierOptions]) addFlags(command, declarations)
  command.action(runEval)
}
