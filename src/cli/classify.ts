import { stdin, stdout } from "node:process"
import { createInterface } from "node:readline/promises"
import Table from "cli-table3"
import type { Command } from "commander"
import type { LabelledText } from "../labeller.ts"
import { classifierOptions, scoreOptions, toggle } from "../options.ts"
import { addOptions, pickOptions } from "./declared-options.ts"
import { openLabeller } from "./open-labeller.ts"

const classifyOptions = {
  json: toggle({ help: "print a JSON object for each text" }),
} as const

/** Lines of standard input, without their ends. */
async function linesOfStdin(): Promise<string[]> {
  const lines: string[] = []
  for await (const line of createInterface({ input: stdin, crlfDelay: Infinity })) lines.push(line)
  return lines
}

const percent = (score: number) => score.toFixed(4)

function printTable(texts: readonly string[], results: readonly LabelledText[]): void {
  const table = new Table({ head: ["label", "score", "text"], style: { head: [], border: [] } })
  results.forEach((result, index) => {
    const text = texts[index] ?? ""
    const cut = text.length > 80 ? `${text.slice(0, 79)}…` : text
    if (result.error) table.push([result.error.code, "", `${cut}  (${result.error.message})`])
    else table.push([result.label, percent(result.score), cut])
  })
  console.log(table.toString())
}

async function classify(given: readonly string[], options: Readonly<Record<string, unknown>>): Promise<void> {
  const texts = given.length > 0 ? given : await linesOfStdin()
  await using labeller = await openLabeller(pickOptions(classifierOptions, options))
  const results = await labeller.label(texts, pickOptions(scoreOptions, options))
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
  command.action(classify)
}
