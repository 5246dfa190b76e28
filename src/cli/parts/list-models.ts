import { stdout } from "node:process"
import Table from "cli-table3"
import { ValenceError } from "../../errors.ts"
import { bundledLexicons, isLexicon } from "../../lexicon/find-lexicon.ts"
import { describeModel, listModels, type ModelSummary } from "../../store/catalogue.ts"
import { showLine } from "../show/show-line.ts"
import { showBytes } from "../show/show-numbers.ts"

const plain = { head: [], border: [] }

/** `main, v1 (0123456)`: what a commit is called, and how it begins. */
function describeRevision({ commit, revisions = [] }: ModelSummary): string {
  if (commit === undefined) return ""
  const short = commit.slice(0, 7)
  return revisions.length > 0 ? `${revisions.join(", ")} (${short})` : short
}

/** Lists the models that are there: one a row, or as JSON Lines. */
export async function list(json: boolean): Promise<void> {
  const models = await listModels()
  if (json) {
    for (const model of models) stdout.write(`${JSON.stringify(model)}\n`)
    for (const name of bundledLexicons) stdout.write(`${JSON.stringify({ name, kind: "lexicon" })}\n`)
    return
  }
  const head = ["model", "kind", "labels", "tokens", "dtypes", "size", "revision"]
  const table = new Table({ head, style: plain })
  for (const model of models)
    table.push([
      model.name,
      model.kind,
      showLine(model.labels.join(", "), 40),
      model.maxLength,
      model.dtypes.join(", "),
      showBytes(model.bytes),
      showLine(describeRevision(model)),
    ])
  for (const name of bundledLexicons) table.push([name, "lexicon", "NEGATIVE, NEUTRAL, POSITIVE", "", "", "", ""])
  console.log(table.toString())
  console.log("A checkpoint folder, an ONNX file or a lexicon file (.tsv) can be given as --model too,")
  console.log("and OWNER/NAME of the hub, which is then pulled: see docs/reference/models.md.")
}

/**
 * Refuses a lexicon, if a graph is meant.
 *
 * @throws ValenceError `option_invalid`
 */
export function requireCheckpoint(model: string): void {
  if (!isLexicon(model)) return
  throw new ValenceError(
    "option_invalid",
    `model must be a checkpoint; ${model} is a lexicon, a list of words without weights or graph (lexicons/README.md)`,
  )
}

/** Shows what can be said of one model, as a table or as JSON. */
export async function show(name: string, json: boolean): Promise<void> {
  requireCheckpoint(name)
  const model = await describeModel(name)
  if (json) return void console.log(JSON.stringify(model, undefined, 2))
  const table = new Table({ style: plain })
  const rows: Readonly<Record<string, string | number | undefined>> = {
    model: model.name,
    kind: model.kind,
    family: model.family,
    labels: model.labels.join(", "),
    scores: model.problemType === "multi_label_classification" ? "each label on its own" : "one label",
    tokens: model.maxLength,
    dtypes: model.dtypes.join(", ") || "none built",
    size: showBytes(model.bytes),
    revision: model.revisions?.join(", "),
    commit: model.commit,
    licence: model.licence,
    folder: model.folder,
  }
  for (const [what, value] of Object.entries(rows))
    if (value !== undefined && value !== "") table.push([what, showLine(String(value), 200)])
  console.log(table.toString())
}
