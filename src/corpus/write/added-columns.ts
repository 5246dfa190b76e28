import type { Complete } from "../../declaration.ts"
import { shown, ValenceError } from "../../errors.ts"
import { isWordList, type Labelled, type ModelInfo } from "../../labeller.ts"
import type { corpusOptions } from "../options.ts"
import type { ColumnKind } from "../rows/column-kinds.ts"

/** What an added column holds: `undefined` if a result has no such thing. */
export type AddedValue = string | number | boolean | readonly string[] | undefined

/** A column that the run adds to the input's. */
export interface AddedColumn {
  readonly name: string
  readonly kind: ColumnKind
  of(result: Labelled): AddedValue
}

/** The label of a text whose score is below `minScore`. */
export const uncertainLabel = "UNCERTAIN"

const safePrefix = "valence_"

/** The label that a row gets: the model's, or `UNCERTAIN`. */
export function decideLabel(result: Labelled, minScore: number | undefined): string {
  return minScore !== undefined && certainty(result.score) < minScore ? uncertainLabel : result.label
}

/** How sure a score is: a lexicon's score has a sign, and the farther from 0 it is the surer it is. */
export function certainty(score: number): number {
  return Math.abs(score)
}

/** A score as files and pages carry it: six decimals, which is beyond what any dtype can tell apart. */
export function roundScore(score: number): number {
  return Number(score.toFixed(6))
}

/**
 * Checks that a least score can be reached.
 *
 * @throws ValenceError `option_invalid` for one above 1 if scores are probabilities, as all but a lexicon's and logits are
 */
export function requireMinScore(
  { minScore, scoreFunction }: Pick<Complete<typeof corpusOptions>, "minScore" | "scoreFunction">,
  model: Pick<ModelInfo, "dtype">,
): void {
  if (minScore === undefined || minScore <= 1 || isWordList(model) || scoreFunction === "none") return
  const instead = minScore <= 100 ? `; ${minScore} % is ${minScore / 100}` : ""
  throw new ValenceError(
    "option_invalid",
    `minScore must be a number, 0 to 1, because scores are probabilities; got ${minScore}${instead}`,
  )
}

/**
 * The columns that are added: `label`, `score` and what the options ask for. Where the input has one of these names
 * all of them are prefixed with `valence_`, so that no column of the input is touched.
 *
 * @param labels - the model's labels, in its order
 * @throws ValenceError `option_invalid` if a given prefix leads to a name that the input has
 */
export function addedColumns(
  options: Complete<typeof corpusOptions>,
  labels: readonly string[],
  inputColumns: readonly string[],
): readonly AddedColumn[] {
  const taken = new Set(inputColumns)
  const plain = bareColumns(options, labels)
  const prefix = options.prefix ?? (plain.some(({ name }) => taken.has(name)) ? safePrefix : "")
  const added = plain.map(column => ({ ...column, name: `${prefix}${column.name}` }))
  const clash = added.find(({ name }) => taken.has(name))
  if (clash !== undefined)
    throw new ValenceError(
      "option_invalid",
      `prefix must lead to names that the input does not have, and it has ${shown(clash.name)}; got ${shown(prefix)}`,
    )
  return added
}

function bareColumns(options: Complete<typeof corpusOptions>, labels: readonly string[]): AddedColumn[] {
  const columns: AddedColumn[] = [
    { name: "label", kind: "string", of: result => decideLabel(result, options.minScore) },
    { name: "score", kind: "double", of: result => roundScore(result.score) },
  ]
  if (options.scores)
    for (const label of labels)
      columns.push({
        name: `score_${label}`,
        kind: "double",
        of(result) {
          const found = result.scores?.find(score => score.label === label)
          return found && roundScore(found.score)
        },
      })
  if (options.tokens) columns.push({ name: "tokens", kind: "int64", of: result => result.tokens })
  if (options.truncated) columns.push({ name: "truncated", kind: "boolean", of: result => result.truncated })
  if (options.windows) columns.push({ name: "windows", kind: "int64", of: result => result.windows })
  if (options.unfamiliar)
    columns.push({ name: "unfamiliar", kind: "boolean", of: result => result.unfamiliar ?? false })
  if (options.words) columns.push({ name: "words", kind: "strings", of: result => result.words })
  return columns
}
