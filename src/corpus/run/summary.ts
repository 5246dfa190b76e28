import type { ModelInfo } from "../../labeller.ts"
import { uncertainLabel } from "../write/added-columns.ts"
import { rowsOf, type Tally } from "./tally.ts"

/** One label's part of a corpus. */
export interface LabelShare {
  readonly label: string
  readonly rows: number
  /** Share of the labelled rows, 0 to 1. */
  readonly share: number
  readonly meanScore: number
}

/** What a run came to. */
export interface RunSummary {
  readonly run: string
  /** Absolute paths, or `-`. */
  readonly input: string
  readonly output: string
  /** The list of rows without a label; absent if there are none, or no output file to put it next to. */
  readonly errors: string | undefined
  /** Where a report was asked for, and the run was not interrupted. */
  readonly report: string | undefined
  readonly model: Pick<ModelInfo, "name" | "revision" | "dtype">
  /** The column that held the text. */
  readonly column: string
  /** The columns that were added. */
  readonly added: readonly string[]
  /** Rows read: labelled, failed and empty. */
  readonly rows: number
  readonly labelled: number
  /** Rows that could not be labelled. If it is not 0 the run did not do all that it was asked. */
  readonly failed: number
  /** Rows whose text is null or blank, which were kept without a label. */
  readonly empty: number
  /** Rows labelled `UNCERTAIN`. */
  readonly uncertain: number
  readonly truncated: number
  /** Rows in characters or a language that the model hardly knows: their labels mean little. */
  readonly unfamiliar: number
  readonly tokens: number
  /** Rows whose text came again and was not labelled again: they have the first one's result. */
  readonly repeated: number
  /** The most frequent first; `UNCERTAIN` is one of them. */
  readonly labels: readonly LabelShare[]
  readonly meanScore: number
  /** Time that was spent on the run, over all its starts. */
  readonly elapsedMs: number
  readonly textsPerSecond: number
  /** What a user should know about the input, such as its likely encoding if rows are not UTF-8. */
  readonly notes: readonly string[]
  /** Whether the run was stopped before its end: started again it continues. */
  readonly interrupted: boolean
  /** Rows that an earlier start had done. */
  readonly resumedRows: number
  /** Whether the run had been completed before, so that nothing was left to do. */
  readonly alreadyDone: boolean
}

/** The figures of a summary, from a tally. */
export function summarise(
  tally: Tally,
): Pick<
  RunSummary,
  | "rows"
  | "labelled"
  | "failed"
  | "empty"
  | "uncertain"
  | "truncated"
  | "unfamiliar"
  | "tokens"
  | "repeated"
  | "labels"
  | "meanScore"
  | "elapsedMs"
  | "textsPerSecond"
> {
  const { labelled, failed, empty, truncated, unfamiliar = 0, tokens, repeated, elapsedMs } = tally
  const counted = Object.entries(tally.labels)
  const scoreSum = counted.reduce((sum, [, counts]) => sum + counts.scoreSum, 0)
  return {
    rows: rowsOf(tally),
    labelled,
    failed,
    empty,
    uncertain: tally.labels[uncertainLabel]?.rows ?? 0,
    truncated,
    unfamiliar,
    tokens,
    repeated,
    labels: counted
      .map(([label, { rows, scoreSum }]) => ({ label, rows, share: rows / labelled, meanScore: scoreSum / rows }))
      .sort((a, b) => b.rows - a.rows || a.label.localeCompare(b.label)),
    meanScore: labelled === 0 ? 0 : scoreSum / labelled,
    elapsedMs,
    textsPerSecond: elapsedMs === 0 ? 0 : (labelled * 1000) / elapsedMs,
  }
}
