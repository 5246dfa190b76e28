import { resolve } from "node:path"
import { describe, expect, it } from "vitest"
import { describeRun } from "../../../src/cli/show/describe-run.ts"
import type { RunSummary } from "../../../src/corpus/run/summary.ts"

const summary: RunSummary = {
  run: "abc",
  input: resolve("reviews.csv"),
  output: resolve("reviews.labelled.csv"),
  errors: undefined,
  report: undefined,
  model: { name: "sentiment-small", revision: "r1", dtype: "int8" },
  column: "review",
  added: ["label", "score"],
  rows: 200_000,
  labelled: 200_000,
  failed: 0,
  empty: 0,
  uncertain: 0,
  truncated: 0,
  unfamiliar: 0,
  repeated: 0,
  tokens: 4_000_000,
  labels: [
    { label: "POSITIVE", rows: 110_000, share: 0.55, meanScore: 0.9731 },
    { label: "NEGATIVE", rows: 90_000, share: 0.45, meanScore: 0.95 },
  ],
  meanScore: 0.9627,
  elapsedMs: 72_000,
  textsPerSecond: 2778,
  notes: [],
  interrupted: false,
  resumedRows: 0,
  alreadyDone: false,
}

const shown = (more: Partial<RunSummary>) => describeRun({ ...summary, ...more }, [], "valence label reviews.csv")

describe("describeRun", () => {
  it("rows, labels, scores, speed, and where the output is", () => {
    expect(shown({})).toBe(
      [
        "200,000 rows with sentiment-small (int8) in 1 min 12 s (2,778 texts/s)",
        "",
        "  POSITIVE   55.0 %  110,000  mean score 0.9731",
        "  NEGATIVE   45.0 %   90,000  mean score 0.9500",
        "  mean score 0.9627",
        "",
        "output  reviews.labelled.csv",
        "",
      ].join("\n"),
    )
  })

  it("what is uncertain, truncated and failed, with errors and report", () => {
    const text = describeRun(
      {
        ...summary,
        uncertain: 1200,
        truncated: 31,
        failed: 1,
        errors: resolve("reviews.labelled.csv.errors.jsonl"),
        report: "/elsewhere/report.html",
      },
      [{ line: 7, row: 6, code: "row_invalid", reason: "is not valid UTF-8" }],
      "",
    )
    expect(text).toContain("  1,200 below --min-score, labelled UNCERTAIN\n")
    expect(text).toContain("  31 truncated: the model saw their beginning only\n")
    expect(text).toContain("\n1 row has no label:\n  line 7: is not valid UTF-8\noutput  reviews.labelled.csv\n")
    expect(text).toContain("\nerrors  reviews.labelled.csv.errors.jsonl\nreport  /elsewhere/report.html\n")
  })

  it("stopped - how to go on", () => {
    const text = shown({ interrupted: true, resumedRows: 50_000 })
    expect(text).toMatch(/^stopped after 200,000 rows with .*, 50,000 of them by an earlier start\n/)
    expect(text).toMatch(/\n\ncontinue with: valence label reviews.csv\n$/)
  })

  it("stopped, from standard input or to standard output - that it cannot continue", () => {
    expect(shown({ interrupted: true, input: "-" })).toMatch(/a run from standard input cannot continue\n$/)
    expect(shown({ interrupted: true, output: "-" })).toMatch(/a run to it cannot continue\n$/)
  })

  it("done already", () => {
    expect(shown({ alreadyDone: true })).toMatch(
      /^reviews.labelled.csv is already complete, nothing to do \(--force labels it again\): 200,000 rows\n/,
    )
  })

  it("no rows", () => {
    expect(shown({ rows: 0, labelled: 0, labels: [], textsPerSecond: 0, elapsedMs: 4 })).toBe(
      "0 rows with sentiment-small (int8) in 4 ms (0 texts/s)\n\noutput  reviews.labelled.csv\n",
    )
  })
})
