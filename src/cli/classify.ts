import { stdin, stdout } from "node:process"
import { createInterface } from "node:readline/promises"
import Table from "cli-table3"
import type { Command } from "commander"
import { toggle } from "../declaration.ts"
import type { Labelled, LabelledText } from "../labeller.ts"
import { classifierOptions, scoreOptions } from "../options.ts"
import { addOptions, pickOptions } from "./declared-options.ts"
import { openLabeller } from "./open-labeller.ts"
import { endInterrupted, listenForStop } from "./stop-signals.ts"

const classifyOptions = {
  json: toggle({ help: "print a JSON object for each text" }),
} as const

/** Lines of standard input, without their ends. */
async function linesOfStdin(): Promise<string[]> {
  if (stdin.isTTY) console.error("one text a line; Ctrl-D ends")
  const lines: string[] = []
  for await (const line of createInterface({ input: stdin, crlfDelay: Infinity })) lines.push(line)
  return lines
}

const cut = (text: string) => (text.length > 80 ? `${text.slice(0, 79).toWellFormed()}…` : text)

/** The columns of the table: scores and words where there are any. */
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

async function classify(given: readonly string[], options: Readonly<Record<string, unknown>>): Promise<void> {
  const texts = given.length > 0 ? given : await linesOfStdin()
  using stop = listenForStop(() => {})
  const { signal } = stop
  await using labeller = await openLabeller(pickOptions(classifierOptions, options), { signal })
  const results = await labeller.label(texts, { ...pickOptions(scoreOptions, options), signal })
  if (pickOptions(classifyOptions, options).json)
    results.forEach((result, index) => {
      stdout.write(`${JSON.stringify({ text: texts[index], ...result })}\n`)
    })
  else printTable(texts, results)
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
      '\nExamples:\n  valence classify "I love it" "Never again"\n  valence classify --json --top-k all < lines.txt',
    )
  for (const declarations of [classifyOptions, classifierOptions, scoreOptions]) addOptions(command, declarations)
  command.action((texts: readonly string[], options: Readonly<Record<string, unknown>>) =>
    classify(texts, options).catch(endInterrupted),
  )
}
