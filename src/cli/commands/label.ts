import { argv, env, stderr, stdout } from "node:process"
import type { Command } from "commander"
import { isExplained } from "../../corpus/files/explained-failure.ts"
import { standardStream } from "../../corpus/formats.ts"
import { corpusOptions } from "../../corpus/options.ts"
import type { RunSummary } from "../../corpus/run/summary.ts"
import type { FailedRow } from "../../corpus/run/write-chunk.ts"
import { text, toggle } from "../../declaration.ts"
import { ValenceError } from "../../errors.ts"
import { classifierOptions } from "../../options.ts"
import { addFlags, pickOptions } from "../declared-options.ts"
import { withFlags } from "../flag-names.ts"
import { withFleetDefaults } from "../fleet-flags.ts"
import { areLarge } from "../large-input.ts"
import { fleetOptions, openLabellerOrFleet } from "../open-labeller.ts"
import { labelSeveral } from "../parts/label-files.ts"
import { printPlans, printPreview } from "../parts/label-look.ts"
import { describeRun, mostShownFailures, noteLines } from "../show/describe-run.ts"
import { noProgressDisplay, openProgressDisplay } from "../show/progress-display.ts"
import { endInterrupted, interruptedExitCode, listenForStop } from "../stop-signals.ts"

const outputOptions = {
  output: text({
    default: undefined,
    unit: "file",
    help: "output file, - for standard output, a folder for several files (default: reviews.labelled.csv next to reviews.csv)",
  }),
  preview: toggle({ help: "print the first rows (10, or --limit) with their labels, and write nothing" }),
  dryRun: toggle({ help: "print what would be read and written, and label nothing" }),
  quiet: toggle({ help: "print neither progress nor summary, only errors and notes about the input" }),
  json: toggle({ help: "print the summary as a JSON object on standard output" }),
} as const

/** Which exit code a run has: 0 if every row with a text has a label. */
function exitCodeOf({ interrupted, failed }: RunSummary): number {
  return interrupted ? interruptedExitCode : failed > 0 ? 1 : 0
}

/** This command, to be typed again: it continues where it was stopped, unless it says to start over. */
function sameCommand(): string {
  const words = argv.slice(2).filter(word => word !== "--force")
  const quoted = words.map(word => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
  return [...(env["npm_command"] === "exec" ? ["npx"] : []), "valence", ...quoted].join(" ")
}

/** Apart from `run`, because TypeScript does not rewrite the path of an import in a function with `using`. */
function loadCorpus() {
  return import("../../corpus/label-corpus.ts")
}

interface Ended {
  readonly summary: RunSummary
  /** The first rows without a label. */
  readonly failures: readonly FailedRow[]
}

async function run(
  input: string,
  output: string | undefined,
  given: Readonly<Record<string, unknown>>,
  quiet: boolean,
  onBegun: () => void,
): Promise<Ended> {
  const { labelCorpus } = await loadCorpus()
  const toStdout = isStdout(input, output)
  const failures: FailedRow[] = []
  using display = quiet || (toStdout && stdout.isTTY) ? noProgressDisplay(stderr) : openProgressDisplay(stderr)
  const options = pickOptions(corpusOptions, given)
  const stopping = `stopping: what ends within ${options.stopSeconds} s is written; Ctrl-C again stops at once`
  using stop = listenForStop(() => display.print(stopping))
  const opening = {
    isLong: await areLarge([input]),
    signal: stop.signal,
    onNotice: (line: string) => display.print(line),
  }
  await using labeller = await openLabellerOrFleet(given, opening)
  const summary = await labelCorpus({
    input,
    output,
    labeller,
    options,
    signal: stop.signal,
    onWaiting: message => display.print(message),
    onProgress(progress) {
      onBegun()
      display.show(progress)
    },
    onFailedRow(row) {
      if (toStdout) display.print(JSON.stringify(row))
      else if (failures.length < mostShownFailures) failures.push(row)
    },
    wording: withFlags,
  })
  return { summary, failures }
}

function isStdout(input: string, output: string | undefined): boolean {
  return output === standardStream || (output === undefined && input === standardStream)
}

async function label(input: string, chosen: Readonly<Record<string, unknown>>, command: Command): Promise<void> {
  const given = withFleetDefaults(chosen, command)
  const { output, preview, dryRun, quiet, json } = pickOptions(outputOptions, given)
  const { isSeveral } = await import("../../corpus/files/find-inputs.ts")
  const several = isSeveral(input)
  if (preview && several)
    throw new ValenceError("option_invalid", `preview works on one file; ${JSON.stringify(input)} stands for several`)
  if (preview) return printPreview(input, given, json).catch(endInterrupted)
  if (dryRun && !several) return printPlans([{ input, output }], given, json)
  if (json && isStdout(input, output))
    throw new ValenceError("option_invalid", "json must be left out if rows go to standard output")
  if (several)
    return labelSeveral(input, output, given, { dryRun, quiet, json, goOn: sameCommand() }).catch(endInterrupted)
  let begun = false
  try {
    const { summary, failures } = await run(input, output, given, quiet, () => {
      begun = true
    })
    if (json) stdout.write(`${JSON.stringify({ ...summary, notes: summary.notes.map(withFlags) })}\n`)
    else if (!quiet) stderr.write(describeRun(summary, failures, sameCommand()))
    else for (const note of noteLines(summary)) stderr.write(`${note}\n`)
    process.exitCode = exitCodeOf(summary)
  } catch (error) {
    if (error instanceof ValenceError && error.code === "aborted") return endInterrupted(error)
    const canGoOn = begun && error instanceof ValenceError && error.retryable && input !== standardStream
    if (!canGoOn || isExplained(error) || isStdout(input, output)) throw error
    const message = `${error.message}; what was labelled is safe; continue with: ${sameCommand()}`
    throw new ValenceError(error.code, message, { cause: error })
  }
}

const help = `
The columns label and score are added after those of the input; rows keep their order. A row that cannot be
labelled is listed in OUTPUT.errors.jsonl with its line and the reason. A run that was stopped, by Ctrl-C, a crash or a
power cut, continues when you run the same command again.

Examples:
  valence label reviews.csv                          writes reviews.labelled.csv
  valence label tweets.jsonl.gz -o scored.jsonl.gz --column body --scores
  valence label survey.tsv --quotes none --min-score 0.8 --report survey.html
  valence label survey.tsv --preview                 the first rows with their labels, and no output
  valence label events.parquet --column comment      every column and type of it is kept
  valence label 'reviews/*.csv.zst' -o labelled/     each file a run of its own; a folder does, too
  zcat lines.txt.gz | valence label - --format text -o - > labelled.csv
  valence label big.csv --redis redis://queue:6379   the workers of that Redis label it; the output is the same

Exit code: 0 every row with a text has a label, 1 some have none, 2 the run could not be made (of several files, one of them), 130 it was stopped.`

/** Adds `valence label`. */
export function addLabel(program: Command): void {
  const command = program
    .command("label")
    .description("label every row of a file: CSV, TSV, JSON Lines, plain text or Parquet")
    .argument(
      "<input>",
      ".csv, .tsv, .jsonl or .txt, also with .gz or .zst, or .parquet; a folder or a quoted pattern; - for standard input",
    )
    .addHelpText("after", help)
  addFlags(command, outputOptions, { output: "o" })
  for (const declarations of [corpusOptions, fleetOptions, classifierOptions]) addFlags(command, declarations)
  command.action(label)
}
