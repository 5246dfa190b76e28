import { once } from "node:events"
import { stdout } from "node:process"
import Table from "cli-table3"
import type { Command } from "commander"
import { readOptions } from "../../corpus/options.ts"
import { toggle } from "../../declaration.ts"
import type { Labelled, LabelledText, Labeller, LabelOptions } from "../../labeller.ts"
import { classifierOptions, scoreOptions } from "../../options.ts"
import { addFlags, pickOptions } from "../declared-options.ts"
import { openShownLabeller } from "../open-labeller.ts"
import { warnUnfamiliar } from "../parts/warn-unfamiliar.ts"
import { endInterrupted, interruptedExitCode, listenForStop } from "../stop-signals.ts"

const classifyOptions = {
  json: toggle({ help: "print a JSON object for each text" }),
  encoding: readOptions.encoding,
} as const

const cut = (text: string) => (text.length > 80 ? `${text.slice(0, 79).toWellFormed()}…` : text)

/** The columns of the table: scores and words if there are any. */
const columns: readonly { readonly name: string; of(result: Labelled): string | undefined }[] = [
  { name: "label", of: result => result.label },
  { name: "score", of: result => result.score.toFixed(4) },
  { name: "scores", of: ({ scores }) => scores?.map(({ label, score }) => `${label} ${score.toFixed(4)}`).join("\n") },
  { name: "words", of: ({ words }) => words?.join(", ") },
]

function printTable(texts: readonly string[], results: readonly LabelledText[]): void {
  const labelled = results.filter(result => !result.error)
  const shown = columns.filter(({ of }, index) => index < 2 || labelled.some(result => of(result) !== undefined))
  const table = new Table({ head: [...shown.map(({ name }) => name), "text"], style: { head: [], border: [] } })
  results.forEach((result, index) => {
    const text = cut(texts[index] ?? "")
    if (result.error)
      table.push([result.error.code, ...shown.slice(1).map(() => ""), `${text}  (${result.error.message})`])
    else table.push([...shown.map(({ of }) => of(result) ?? ""), text])
  })
  console.log(table.toString())
}

/** A line of JSON. */
const jsonLine = (text: string, result: LabelledText) => `${JSON.stringify({ text, ...result })}\n`

/** The columns of a result and its text, with widths that are known before the first result is. */
function plainLine(labels: readonly string[]): (text: string, result: LabelledText) => string {
  const width = Math.max(...labels.map(label => label.length), "NEUTRAL".length)
  return (text, result) => {
    const shown = cut(text).replace(/[\r\n]+/g, " ")
    if (result.error)
      return `${result.error.code.padEnd(width)}  ${"".padStart(8)}  ${shown}  (${result.error.message})\n`
    const [label, score, ...others] = columns.map(({ of }) => of(result)?.replaceAll("\n", ", "))
    const fields = [label?.padEnd(width), score?.padStart(8), ...others.filter(field => field !== undefined), shown]
    return `${fields.join("  ")}\n`
  }
}

/** A table of more texts would take longer to draw than their labels. */
const mostTableTexts = 200
/** Texts that are labelled before the first of them is printed, if there are more. */
const textsAtOnce = 1000

/** Labels texts some at a time, and prints a line for each. */
async function printLines(
  texts: readonly string[],
  labeller: Labeller,
  options: LabelOptions,
  show: (text: string, result: LabelledText) => string,
): Promise<boolean> {
  let failed = false
  for (let from = 0; from < texts.length; from += textsAtOnce) {
    const part = texts.slice(from, from + textsAtOnce)
    const results = await labeller.label(part, options)
    failed ||= results.some(result => result.error)
    const lines = results.map((result, at) => show(part[at] as string, result))
    if (!stdout.write(lines.join(""))) await once(stdout, "drain")
  }
  return failed
}

/** Apart from `classify`, because TypeScript does not rewrite the path of an import in a function with `using`. */
function loadLines() {
  return import("../parts/classify-lines.ts")
}

async function classify(given: readonly string[], options: Readonly<Record<string, unknown>>): Promise<void> {
  const { json, encoding } = pickOptions(classifyOptions, options)
  using stop = listenForStop(() => {})
  const { signal } = stop
  await using labeller = warnUnfamiliar(await openShownLabeller(pickOptions(classifierOptions, options), { signal }))
  const scoring = { ...pickOptions(scoreOptions, options), signal }
  if (given.length === 0) {
    const { classifyLines } = await loadLines()
    const show = json ? jsonLine : plainLine(labeller.model.labels)
    const { ended, failed } = await classifyLines({ labeller, options: scoring, encoding, show, signal })
    process.exitCode = ended ? Number(failed) : interruptedExitCode
    return
  }
  if (json || given.length > mostTableTexts) {
    const show = json ? jsonLine : plainLine(labeller.model.labels)
    process.exitCode = Number(await printLines(given, labeller, scoring, show))
    return
  }
  const results = await labeller.label(given, scoring)
  printTable(given, results)
  if (results.some(result => result.error)) process.exitCode = 1
}

/** Adds `valence classify`. */
export function addClassify(program: Command): void {
  const command = program
    .command("classify")
    .description("label texts, or the lines of standard input")
    .argument("[texts...]", "texts to label")
    .addHelpText(
      "after",
      '\nExamples:\n  valence classify "I love it" "Never again"\n  valence classify --json --top-k all < lines.txt       a line of output for each line, as they come',
    )
  for (const declarations of [classifyOptions, classifierOptions, scoreOptions]) addFlags(command, declarations)
  command.action((texts: readonly string[], options: Readonly<Record<string, unknown>>) =>
    classify(texts, options).catch(endInterrupted),
  )
}
