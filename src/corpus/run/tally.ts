import type { Labelled } from "../../labeller.ts"
import { certainty, roundScore } from "../write/added-columns.ts"

/** What is counted for one label. */
export interface LabelTally {
  rows: number
  scoreSum: number
  /** Rows by score: the key is `floor(score / scoreBinWidth)`. */
  scoreBins: Record<string, number>
}

/** A text that the model was unsure of. */
export interface UnsureText {
  /** The number of the row, the first is 1. */
  readonly row: number
  /** At most its first 300 characters. */
  readonly text: string
  readonly label: string
  readonly score: number
}

/**
 * The data of summary and report: bounded in size, and plain JSON, so that a run that continues from a manifest ends
 * with the numbers of one that was never interrupted.
 */
export interface Tally {
  labelled: number
  failed: number
  /** Rows without a label because their text is blank. */
  empty: number
  truncated: number
  /** Rows in characters or a language that the model hardly knows; absent in older manifests. */
  unfamiliar?: number
  tokens: number
  /** Rows whose text was not labelled again, because an equal one was before; about, if a run was stopped. */
  repeated: number
  /** By the label that was written, `UNCERTAIN` included. */
  labels: Record<string, LabelTally>
  /** Rows by tokens; the last key stands for all that have more. */
  tokenCounts: Record<string, number>
  /** The least certain texts, the least certain first. */
  unsure: UnsureText[]
  elapsedMs: number
  /** Rows by time: `rows[i]` were written in the i-th `intervalMs` of the run. */
  throughput: { intervalMs: number; rows: number[] }
}

/** Width of a bin of scores. */
export const scoreBinWidth = 0.05
/** Bins are between minus and plus this number: scores beyond are counted in the outermost. */
export const mostScoreBin = 200
/** The last key of `tokenCounts`. */
export const mostTokenCount = 2048
const mostUnsure = 20
const mostUnsureCharacters = 300
const mostIntervals = 120

/** A tally of nothing. */
export function emptyTally(): Tally {
  return {
    labelled: 0,
    failed: 0,
    empty: 0,
    truncated: 0,
    tokens: 0,
    repeated: 0,
    labels: {},
    tokenCounts: {},
    unsure: [],
    elapsedMs: 0,
    throughput: { intervalMs: 100, rows: [] },
  }
}

/** Rows that were written or listed. */
export function rowsOf({ labelled, failed, empty }: Pick<Tally, "labelled" | "failed" | "empty">): number {
  return labelled + failed + empty
}

/**
 * Counts a labelled row.
 *
 * @param label - the label that was written: the model's or `UNCERTAIN`
 */
export function countLabelled(tally: Tally, row: number, text: string, label: string, result: Labelled): void {
  tally.labelled++
  tally.tokens += result.tokens
  if (result.truncated) tally.truncated++
  if (result.unfamiliar) tally.unfamiliar = (tally.unfamiliar ?? 0) + 1
  tally.labels[label] ??= { rows: 0, scoreSum: 0, scoreBins: {} }
  const counts = tally.labels[label]
  counts.rows++
  counts.scoreSum += result.score
  const bin = Math.floor(roundScore(result.score) / scoreBinWidth + 1e-9)
  increment(counts.scoreBins, Math.max(-mostScoreBin, Math.min(mostScoreBin, bin)))
  increment(tally.tokenCounts, Math.min(mostTokenCount, result.tokens))
  noteUnsure(tally.unsure, row, text, result)
}

/** Counts rows that were written, by the time at which they were. */
export function countThroughput({ throughput }: Tally, elapsedMs: number, rows: number): void {
  while (elapsedMs / throughput.intervalMs >= mostIntervals) {
    throughput.intervalMs *= 2
    const halved = Math.ceil(throughput.rows.length / 2)
    throughput.rows = Array.from(
      { length: halved },
      (_, index) => (throughput.rows[2 * index] ?? 0) + (throughput.rows[2 * index + 1] ?? 0),
    )
  }
  const at = Math.floor(elapsedMs / throughput.intervalMs)
  while (throughput.rows.length <= at) throughput.rows.push(0)
  throughput.rows[at] = (throughput.rows[at] ?? 0) + rows
}

function increment(counts: Record<string, number>, key: number): void {
  counts[key] = (counts[key] ?? 0) + 1
}

/** Keeps the least certain; among equals the earlier row. */
function noteUnsure(unsure: UnsureText[], row: number, text: string, { label, score }: Labelled): void {
  const last = unsure.at(-1)
  if (unsure.length === mostUnsure && last !== undefined && certainty(score) >= certainty(last.score)) return
  let at = unsure.length
  while (at > 0 && certainty((unsure[at - 1] as UnsureText).score) > certainty(score)) at--
  const beginning = text.length > mostUnsureCharacters ? `${text.slice(0, mostUnsureCharacters).toWellFormed()}…` : text
  unsure.splice(at, 0, { row, text: beginning, label, score })
  if (unsure.length > mostUnsure) unsure.pop()
}
