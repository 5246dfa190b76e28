import Table from "cli-table3"
import type { Played } from "./play-trials.ts"
import type { TrialResult } from "./trial.ts"

const head = [
  "kind",
  "trials",
  "too late",
  "rows",
  "lost",
  "doubled",
  "dead",
  "left active",
  "left results",
  "median s",
  "worst s",
  "longest standstill s",
  "failed seeds",
]

/** A table of trials, a line for each kind, with the seeds of those that failed. */
export function describeTrials(played: readonly Played[]): string {
  const table = new Table({ head: [...head], style: { head: [], border: [] } })
  for (const { kind, results, tooLate } of played) {
    const sum = (of: (result: TrialResult) => number) => results.reduce((total, result) => total + of(result), 0)
    const seconds = results.map(result => result.seconds).sort((a, b) => a - b)
    const failed = results.filter(({ problems }) => problems.length > 0).map(({ seed }) => seed)
    table.push([
      kind,
      results.length,
      tooLate,
      sum(({ rows }) => rows),
      sum(({ lost }) => lost),
      sum(({ doubled }) => doubled),
      sum(({ deadLetters }) => deadLetters),
      sum(({ leftActive }) => leftActive),
      sum(({ leftResults }) => leftResults),
      (seconds[Math.floor(seconds.length / 2)] ?? 0).toFixed(1),
      (seconds.at(-1) ?? 0).toFixed(1),
      describeStandstill(results),
      failed.join(" ") || "-",
    ])
  }
  return table.toString()
}

function describeStandstill(results: readonly TrialResult[]): string {
  const watched = results.flatMap(({ standstillMs }) => standstillMs ?? [])
  return watched.length === 0 ? "-" : (Math.max(...watched) / 1000).toFixed(1)
}
