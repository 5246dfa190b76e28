import { existsSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { stderr, stdout } from "node:process"
import Table from "cli-table3"
import { standardStream } from "../../corpus/formats.ts"
import { corpusOptions } from "../../corpus/options.ts"
import type { RunPlan } from "../../corpus/plan-run.ts"
import type { Preview } from "../../corpus/preview.ts"
import { pickOptions } from "../declared-options.ts"
import { withFlags } from "../flag-names.ts"
import { openLabellerOrFleet } from "../open-labeller.ts"
import { describePlace, noteLines } from "../show/describe-run.ts"
import { listenForStop } from "../stop-signals.ts"

type Given = Readonly<Record<string, unknown>>

const mostCharacters = 80
const cut = (text: string) =>
  text.length > mostCharacters ? `${text.slice(0, mostCharacters - 1).toWellFormed()}…` : text

/** Apart, because TypeScript does not rewrite the path of an import in a function with `using`. */
function loadPreview() {
  return import("../../corpus/preview.ts")
}

/** Labels the first rows and prints them; writes nothing. */
export async function printPreview(input: string, given: Given, json: boolean): Promise<void> {
  const { previewCorpus } = await loadPreview()
  using stop = listenForStop(() => {})
  const opening = { isLong: false, signal: stop.signal, onNotice: (line: string) => void stderr.write(`${line}\n`) }
  await using labeller = await openLabellerOrFleet(given, opening)
  const preview = await previewCorpus(input, labeller, pickOptions(corpusOptions, given), stop.signal)
  stdout.write(json ? `${JSON.stringify(worded(preview))}\n` : describePreview(preview))
  process.exitCode = preview.rows.some(({ error }) => error !== undefined) ? 1 : 0
}

/** The same, with the flags of options in its messages. */
function worded({ rows, notes, ...preview }: Preview): Preview {
  return {
    ...preview,
    rows: rows.map(({ error, ...row }) => ({
      ...row,
      error: error && { ...error, message: withFlags(error.message) },
    })),
    notes: notes.map(withFlags),
  }
}

/** A table of the first rows and their labels. */
export function describePreview({ column, columns, rows, notes }: Preview): string {
  const table = new Table({ head: ["line", "label", "score", "text"], style: { head: [], border: [] } })
  for (const { line, text = "", label, score, error } of rows)
    table.push([
      line,
      label ?? error?.code ?? "(empty)",
      score?.toFixed(4) ?? "",
      error === undefined ? cut(text) : `${cut(text)}  (${withFlags(error.message)})`,
    ])
  const lines = [
    table.toString(),
    ...noteLines({ notes }),
    `text from ${column}, of ${columns.join(", ")}; nothing was written`,
  ]
  return `${lines.join("\n")}\n`
}

/** Prints what runs would read and write. */
export async function printPlans(
  files: readonly { readonly input: string; readonly output: string | undefined }[],
  given: Given,
  json: boolean,
): Promise<void> {
  const { planRun } = await import("../../corpus/plan-run.ts")
  const options = pickOptions(corpusOptions, given)
  for (const { input, output } of files) {
    // A folder for several outputs is made by their runs.
    const isThere =
      output === undefined || output === standardStream || files.length === 1 || existsSync(dirname(output))
    const plan = await planRun(input, isThere ? output : undefined, options)
    const planned = isThere ? plan : { ...plan, output: resolve(output), found: "nothing" as const }
    const notes = planned.notes.map(withFlags)
    stdout.write(json ? `${JSON.stringify({ ...planned, notes })}\n` : describePlan(planned))
  }
}

const standing: Readonly<Record<RunPlan["found"], string>> = {
  nothing: "",
  complete: ", complete already: nothing would be done, unless --force is given",
  begun: ", partly done: the run would continue if nothing else changed",
  "another file": ", exists and is no output of a run: only --force would overwrite it",
}

/** What a run would do, in a few lines. */
export function describePlan({
  input,
  output,
  format,
  outputFormat,
  column,
  columns,
  firstText,
  found,
  notes,
}: RunPlan): string {
  const named = (path: string, stream: string) => (path === standardStream ? stream : describePlace(path))
  const lines = [
    `input   ${named(input, "standard input")} (${format})`,
    `column  ${column}, of ${columns.join(", ")}`,
    `first   ${firstText === undefined ? "no row that can be read" : JSON.stringify(cut(firstText))}`,
    `output  ${named(output, "standard output")} (${outputFormat})${standing[found]}`,
    ...noteLines({ notes }),
  ]
  return `${lines.join("\n")}\n`
}
