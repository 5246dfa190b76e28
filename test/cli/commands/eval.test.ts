import { spawn } from "node:child_process"
import { text } from "node:stream/consumers"
import { beforeAll, describe, expect, test } from "vitest"
import { evaluationTables } from "../../../src/cli/commands/eval.ts"
import { TemporaryFolder } from "../../corpus/temporary-folder.ts"

interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs `valence eval --model mvp` with further words. */
async function evaluate(words: readonly string[], stdin = ""): Promise<Ran> {
  const child = spawn(process.execPath, ["--import", "tsx", "src/cli/main.ts", "eval", "--model", "mvp", ...words])
  const ended = new Promise<number | null>(resolve => child.on("close", resolve))
  child.stdin.end(stdin)
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { code, out, err }
}

let folder: TemporaryFolder
beforeAll(() => {
  folder = new TemporaryFolder()
  return () => folder[Symbol.dispose]()
})

describe("valence eval", () => {
  test("a file in the manner of SST-2 - figures, what 0 and 1 mean, and the confusion with a column for NEUTRAL", async () => {
    const input = folder.write("dev.tsv", "sentence\tlabel\nI love it\t1\nso dull\t0\na table\t1\nlove\t0\n")
    const { code, out, err } = await evaluate([input])
    expect({ code, err }).toEqual({ code: 0, err: "" })
    expect(out.replace(/\(lexicon, \w+\)/, "(lexicon, REV)").replace(/[\d,]+ texts/, "N texts")).toBe(
      `mvp (lexicon, REV) on dev.tsv: text in sentence, label in label
0 means NEGATIVE, 1 means POSITIVE
4 of 4 rows compared, N texts/s

accuracy  0.5000
macro F1  0.3889

┌──────────┬───────────┬────────┬────────┬─────────┐
│ label    │ precision │ recall │     F1 │ support │
├──────────┼───────────┼────────┼────────┼─────────┤
│ NEGATIVE │    1.0000 │ 0.5000 │ 0.6667 │       2 │
├──────────┼───────────┼────────┼────────┼─────────┤
│ NEUTRAL  │    0.0000 │ 0.0000 │ 0.0000 │       0 │
├──────────┼───────────┼────────┼────────┼─────────┤
│ POSITIVE │    0.5000 │ 0.5000 │ 0.5000 │       2 │
└──────────┴───────────┴────────┴────────┴─────────┘

┌───────────────┬──────────┬─────────┬──────────┐
│ right \\ given │ NEGATIVE │ NEUTRAL │ POSITIVE │
├───────────────┼──────────┼─────────┼──────────┤
│ NEGATIVE      │        1 │       0 │        1 │
├───────────────┼──────────┼─────────┼──────────┤
│ POSITIVE      │        0 │       1 │        1 │
└───────────────┴──────────┴─────────┴──────────┘
`,
    )
  })

  test("--json and --label-map - one object", async () => {
    const input = folder.write("stars.csv", "text,stars\nlove,5\ndull,1\n")
    const { code, out } = await evaluate([
      "--json",
      "--label-column",
      "stars",
      "--label-map",
      "5=POSITIVE,1=NEGATIVE",
      input,
    ])
    expect(code).toBe(0)
    expect(out.trimEnd().split("\n")).toHaveLength(1)
    expect(JSON.parse(out)).toMatchObject({ accuracy: 1, compared: 2, meanings: { "5": "POSITIVE", "1": "NEGATIVE" } })
  })

  test("standard input with a label that is none - a line that names it, exit code 1, the others are compared", async () => {
    const { code, out, err } = await evaluate(["-", "--format", "csv"], "text,label\nlove,GOOD\nlove,POSITIVE\n")
    expect(code).toBe(1)
    expect(err).toBe(
      'line 2: column "label" must hold one of NEGATIVE, NEUTRAL, POSITIVE, or an index from 0 to 2; got "GOOD"\n',
    )
    expect(out).toContain("1 of 2 rows compared")
    expect(out).toContain("left out: 1 row_invalid")
  })

  test("many bad rows - twenty lines, and how many more", async () => {
    const { code, err, out } = await evaluate(["-", "--format", "csv"], `text,label\n${"love,GOOD\n".repeat(25)}`)
    expect(code).toBe(1)
    expect(err.trimEnd().split("\n").slice(19)).toEqual([
      expect.stringMatching(/^line 21: /),
      "and 5 more",
      "error: no row could be compared",
    ])
    expect(out).toContain("accuracy  -")
  })

  test("no rows - exit code 1", async () => {
    const { code, err } = await evaluate(["-", "--format", "csv"], "text,label\n")
    expect({ code, err }).toEqual({ code: 1, err: "error: no row could be compared\n" })
  })

  test("a label map that is none - exit code 2, naming the option", async () => {
    const { code, err } = await evaluate(["-", "--format", "csv", "--label-map", "1=GOOD"], "text,label\nlove,1\n")
    expect(code).toBe(2)
    expect(err).toMatch(/^error: --label-map must be pairs such as 1=POSITIVE,0=NEGATIVE.*got "1=GOOD"/)
  })
})

describe("evaluationTables", () => {
  test("many labels - the most frequent mistakes in place of a matrix", () => {
    const names = Array.from({ length: 13 }, (_, index) => `L${index}`)
    const tables = evaluationTables({
      labels: names.map(label => ({ label, precision: 0, recall: 0, f1: 0, support: 1, predicted: 1 })),
      confusion: { L0: { L0: 9, L1: 2, L2: 0 }, L1: { L0: 7 } },
    })
    expect(tables.split("\n").slice(-7)).toEqual([
      "┌───────┬───────┬──────┐",
      "│ right │ given │ rows │",
      "├───────┼───────┼──────┤",
      "│ L1    │ L0    │    7 │",
      "├───────┼───────┼──────┤",
      "│ L0    │ L1    │    2 │",
      "└───────┴───────┴──────┘",
    ])
  })
})
