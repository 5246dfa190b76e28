import { stderr, stdout } from "node:process"
import type { FilesSummary, LabelledFile } from "../../corpus/label-files.ts"
import { corpusOptions } from "../../corpus/options.ts"
import { ValenceError } from "../../errors.ts"
import { pickOptions } from "../declared-options.ts"
import { withFlags } from "../flag-names.ts"
import { areLarge } from "../large-input.ts"
import { openLabellerOrFleet } from "../open-labeller.ts"
import { describePlace, noteLines } from "../show/describe-run.ts"
import { noProgressDisplay, openProgressDisplay } from "../show/progress-display.ts"
import { showCount, showRows } from "../show/show-numbers.ts"
import { interruptedExitCode, listenForStop } from "../stop-signals.ts"
import { printPlans } from "./label-look.ts"

/** Apart, because TypeScript does not rewrite the path of an import in a function with `using`. */
function loadFiles() {
  return Promise.all([import("../../corpus/label-files.ts"), import("../../corpus/files/find-inputs.ts")])
}

/**
 * Labels several files, with one line for each and one for all.
 *
 * @param how.goOn - the command that continues where it was stopped
 */
export async function labelSeveral(
  input: string,
  output: string | undefined,
  given: Readonly<Record<string, unknown>>,
  how: HowSeveral,
): Promise<void> {
  const [{ labelFiles, planFiles }, { findInputs }] = await loadFiles()
  const paths = (await findInputs(input, output ?? "")).map(({ path }) => path)
  if (output === undefined)
    throw new ValenceError("option_invalid", `output must be a folder for several files: give one by -o; got none`)
  if (how.dryRun) return printPlans(await planFiles(input, output, pickOptions(corpusOptions, given)), given, how.json)
  using display = how.quiet ? noProgressDisplay(stderr) : openProgressDisplay(stderr)
  const options = pickOptions(corpusOptions, given)
  const stopping = `stopping: what ends within ${options.stopSeconds} s is written; Ctrl-C again stops at once`
  using stop = listenForStop(() => display.print(stopping))
  const opening = {
    isLong: await areLarge(paths),
    signal: stop.signal,
    onNotice: (line: string) => display.print(line),
  }
  await using labeller = await openLabellerOrFleet(given, opening)
  const summary = await labelFiles({
    input,
    output,
    labeller,
    options,
    signal: stop.signal,
    onWaiting: message => display.print(message),
    onProgress: progress => display.show(progress),
    wording: withFlags,
    onFile: file => {
      if (file.error !== undefined || !how.quiet || file.summary?.notes.length) display.print(describeFile(file))
    },
  })
  if (how.json) stdout.write(`${JSON.stringify(jsonOf(summary))}\n`)
  else if (!how.quiet) display.print(describeFiles(summary, how.goOn))
  process.exitCode = exitCodeOfFiles(summary)
}

/** What is printed of several runs. */
interface HowSeveral {
  readonly dryRun: boolean
  readonly quiet: boolean
  readonly json: boolean
  readonly goOn: string
}

/** Errors as their code and message. */
function jsonOf({ files, ...counted }: FilesSummary): object {
  return {
    ...counted,
    files: files.map(({ error, ...file }) => {
      if (error === undefined) return file
      return {
        ...file,
        error: { code: error instanceof ValenceError ? error.code : "unknown", message: withFlags(error.message) },
      }
    }),
  }
}

/** Which exit code several runs have: the first of these that is so for one of them. */
export function exitCodeOfFiles({ files, interrupted }: FilesSummary): number {
  if (interrupted) return interruptedExitCode
  if (files.some(({ error }) => error !== undefined)) return 2
  return files.some(({ summary }) => summary?.failed) ? 1 : 0
}

/** One line for a file, and its notes. */
export function describeFile({ input, output, summary, error }: LabelledFile): string {
  if (error !== undefined) return `${input}: error: ${withFlags(error.message)}`
  const { rows = 0, failed = 0, empty = 0, alreadyDone, interrupted } = summary ?? {}
  const state = alreadyDone ? " (complete already)" : interrupted ? " (stopped)" : ""
  const without = failed > 0 ? `, ${showCount(failed)} without a label` : ""
  const blank = empty > 0 ? `, ${showCount(empty)} empty` : ""
  const line = `${input}: ${showRows(rows)}${without}${blank}${state} -> ${describePlace(output)}`
  return [line, ...noteLines({ notes: summary?.notes ?? [] })].join("\n")
}

/** The last lines: what all files came to. */
export function describeFiles({ files, found, interrupted }: FilesSummary, goOn: string): string {
  const summaries = files.flatMap(({ summary }) => summary ?? [])
  const sum = (of: "rows" | "failed" | "empty" | "repeated") => summaries.reduce((all, summary) => all + summary[of], 0)
  const errors = files.length - summaries.length
  const counted = [
    `${showCount(files.length)} of ${showCount(found)} files, ${showRows(sum("rows"))}`,
    ...(sum("failed") > 0 ? [`${showCount(sum("failed"))} without a label`] : []),
    ...(sum("empty") > 0 ? [`${showCount(sum("empty"))} empty`] : []),
    ...(sum("repeated") > 0 ? [`${showCount(sum("repeated"))} repeated texts`] : []),
    ...(errors > 0 ? [`${showCount(errors)} ${errors === 1 ? "file" : "files"} failed`] : []),
  ].join(", ")
  return interrupted ? `stopped after ${counted}\ncontinue with: ${goOn}` : counted
}
