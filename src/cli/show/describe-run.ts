import { relative } from "node:path"
import { standardStream } from "../../corpus/formats.ts"
import type { RunSummary } from "../../corpus/run/summary.ts"
import type { FailedRow } from "../../corpus/run/write-chunk.ts"
import { uncertainLabel } from "../../corpus/write/added-columns.ts"
import { withFlags } from "../flag-names.ts"
import { showCount, showDuration, showRows, showShare } from "./show-numbers.ts"

/** How many failed rows a summary shows. */
export const mostShownFailures = 3

/** What is said of texts that a model hardly knows. */
export const unfamiliarText =
  "in characters or a language that the model hardly knows: their labels mean little (--unfamiliar marks them)"

/**
 * The summary of a run, as `valence label` prints it.
 *
 * @param failures - the first failed rows of this start
 * @param goOn - the command that continues with a run that was stopped
 */
export function describeRun(summary: RunSummary, failures: readonly FailedRow[], goOn: string): string {
  return [headline(summary), "", ...labelLines(summary), ...countLines(summary), ...failureLines(summary, failures)]
    .concat(noteLines(summary), fileLines(summary), summary.interrupted ? ["", goOnLine(summary, goOn)] : [])
    .map(line => `${line}\n`)
    .join("")
}

function headline(summary: RunSummary): string {
  const { model, rows, elapsedMs, textsPerSecond, resumedRows, alreadyDone, interrupted } = summary
  if (alreadyDone)
    return `${describePlace(summary.output)} is already complete, nothing to do (--force labels it again): ${showRows(rows)}`
  const before = resumedRows > 0 ? `, ${showCount(resumedRows)} of them by an earlier start` : ""
  const speed = `${showDuration(elapsedMs)} (${showCount(textsPerSecond)} texts/s)`
  return `${interrupted ? "stopped after " : ""}${showRows(rows)} with ${model.name} (${model.dtype}) in ${speed}${before}`
}

function labelLines({ labels, labelled }: RunSummary): string[] {
  const width = Math.max(...labels.map(({ label }) => label.length), 0)
  const digits = showCount(labelled).length
  return labels.map(({ label, rows, share, meanScore }) => {
    const counted = `${showShare(share).padStart(7)}  ${showCount(rows).padStart(digits)}`
    return `  ${label.padEnd(width)}  ${counted}  mean score ${meanScore.toFixed(4)}`
  })
}

function countLines({
  labels,
  labelled,
  empty,
  meanScore,
  truncated,
  unfamiliar,
  uncertain,
  repeated,
}: RunSummary): string[] {
  if (labelled + empty === 0) return []
  return [
    ...(labels.length > 1 ? [`  mean score ${meanScore.toFixed(4)}`] : []),
    ...(uncertain > 0 ? [`  ${showCount(uncertain)} below --min-score, labelled ${uncertainLabel}`] : []),
    ...(truncated > 0 ? [`  ${showCount(truncated)} truncated: the model saw their beginning only`] : []),
    ...(unfamiliar > 0 ? [`  ${showCount(unfamiliar)} ${unfamiliarText}`] : []),
    ...(empty > 0 ? [`  ${showCount(empty)} empty: no text, kept without a label`] : []),
    ...(repeated > 0 ? [`  ${showCount(repeated)} repeated texts, labelled as the first of them`] : []),
    "",
  ]
}

function failureLines({ failed, output }: RunSummary, failures: readonly FailedRow[]): string[] {
  if (failed === 0) return []
  const shown = output === standardStream ? [] : failures.slice(0, mostShownFailures)
  const more = failed > shown.length && shown.length > 0 ? ["  ..."] : []
  return [
    `${showRows(failed)} ${failed === 1 ? "has" : "have"} no label:`,
    ...shown.map(({ line, reason }) => `  line ${line}: ${withFlags(reason)}`),
    ...more,
  ]
}

/** Lines about the input, which tell what to do about it. */
export function noteLines({ notes }: Pick<RunSummary, "notes">): string[] {
  return notes.map(note => `note: ${withFlags(note)}`)
}

function fileLines({ output, errors, report }: RunSummary): string[] {
  const files = { output, errors, report }
  return Object.entries(files).flatMap(([name, path]) =>
    path === undefined || path === standardStream ? [] : [`${name.padEnd(6)}  ${describePlace(path)}`],
  )
}

function goOnLine({ input, output }: RunSummary, goOn: string): string {
  if (output === standardStream) return "standard output is incomplete, and a run to it cannot continue"
  if (input === standardStream) return "the output is incomplete, and a run from standard input cannot continue"
  return `continue with: ${goOn}`
}

/** A path in its short form: relative if it is in the current folder. */
export function describePlace(path: string): string {
  const near = relative("", path)
  return near.startsWith("..") ? path : near
}
