import type { Readable } from "node:stream"
import { completeOptions } from "../declaration.ts"
import type { Failed, LabelledText, Labeller } from "../labeller.ts"
import { resolveInput } from "./files/resolve-files.ts"
import { type CorpusOptions, corpusOptions, labelOptionsOf } from "./options.ts"
import { openRows } from "./read/open-rows.ts"
import { firstRows } from "./rows/first-rows.ts"
import type { Row } from "./rows/row.ts"
import { checkRows, labelledTexts } from "./run/write-chunk.ts"
import { decideLabel, requireMinScore } from "./write/added-columns.ts"

/** One of the first rows, with what it would get. */
export interface PreviewedRow {
  readonly line: number
  /** `undefined` if the row cannot be read. */
  readonly text: string | undefined
  /** The label that would be written; `undefined` for a row without one. */
  readonly label: string | undefined
  readonly score: number | undefined
  /** Why it has none; `undefined` if its text is blank. */
  readonly error: Failed["error"] | undefined
}

/** What a run would do with the first rows. */
export interface Preview {
  readonly column: string
  readonly columns: readonly string[]
  readonly rows: readonly PreviewedRow[]
  /** What a user should know about how the input was read. */
  readonly notes: readonly string[]
}

/** How many rows are shown if no limit is given. */
const previewRows = 10

/**
 * Labels the first rows of a file, and writes nothing.
 *
 * @param labeller - lent: it is not closed
 * @throws ValenceError as `labelCorpus`
 */
export async function previewCorpus(
  input: string,
  labeller: Labeller,
  given: CorpusOptions = {},
  signal?: AbortSignal,
  stdin: Readable = process.stdin,
): Promise<Preview> {
  const options = completeOptions(corpusOptions, given)
  requireMinScore(options, labeller.model)
  const rows = await openRows(resolveInput(input, options.format), options, stdin)
  try {
    const first: Row[] = []
    for await (const batch of firstRows(rows.rows(), options.limit ?? previewRows)) first.push(...batch)
    const checked = checkRows(first, { refuse: () => undefined }, options.empty)
    const results = (await labeller.label(labelledTexts(checked), { ...labelOptionsOf(options), signal }))[
      Symbol.iterator
    ]()
    const { minScore } = options
    return {
      column: rows.column,
      columns: rows.columns,
      rows: checked.map(({ row, text, error }) =>
        previewed(row, text === undefined ? undefined : (results.next().value as LabelledText), error, minScore),
      ),
      notes: await rows.notes(),
    }
  } finally {
    await rows.close()
  }
}

function previewed(
  row: Row,
  result: LabelledText | undefined,
  refused: Failed["error"] | undefined,
  minScore: number | undefined,
): PreviewedRow {
  const text = row.problem === undefined ? (row as { readonly text: string }).text : undefined
  const place = { line: row.line, text }
  if (result === undefined || result.error !== undefined)
    return { ...place, label: undefined, score: undefined, error: refused ?? result?.error }
  return { ...place, label: decideLabel(result, minScore), score: result.score, error: undefined }
}
