import { beforeEach, describe, expect, it } from "vitest"
import { evaluateCorpus } from "../../src/corpus/evaluate/evaluate.ts"
import { labelCorpus } from "../../src/corpus/label-corpus.ts"
import type { CorpusOptions } from "../../src/corpus/options.ts"
import type { LabelOptions } from "../../src/labeller.ts"
import { plainLabeller } from "./plain-labeller.ts"
import { TemporaryFolder } from "./temporary-folder.ts"

let folder: TemporaryFolder
let seen: { texts: readonly string[]; options: LabelOptions }[]
beforeEach(() => {
  folder = new TemporaryFolder()
  seen = []
  return () => folder[Symbol.dispose]()
})

const labeller = plainLabeller((texts, options) => seen.push({ texts, options }))

function label(name: string, content: string, options: CorpusOptions = {}, output?: string) {
  const input = folder.write(name, content)
  return labelCorpus({ input, output: output && folder.at(output), labeller, options })
}

const code = "text_empty"
const reason = "text must have a visible character; it is empty or only white space"

describe("labelCorpus, rows whose text is blank", () => {
  const csv = 'id,text\n1,ab\n2,\n3,""\n4,"  \n"\n5,\u00a0\ufeff\n6,cd\n'

  it("empty skip, the default - kept with empty label columns, counted, and not given to the model", async () => {
    const summary = await label("in.csv", csv, { tokens: true })
    expect(summary).toMatchObject({ rows: 6, labelled: 2, failed: 0, empty: 4, errors: undefined })
    expect(folder.read("in.labelled.csv")).toBe(
      'id,text,label,score,tokens\n1,ab,POSITIVE,0.52,2\n2,,,,\n3,"",,,\n4,"  \n",,,\n5,\u00a0\ufeff,,,\n6,cd,POSITIVE,0.52,2\n',
    )
    expect(folder.names()).not.toContain("in.labelled.csv.errors.jsonl")
    expect(seen.map(({ texts }) => texts)).toEqual([["ab", "cd"]])
    expect(seen[0]?.options).not.toHaveProperty("empty")
  })

  it("empty error - listed with a code of their own", async () => {
    const summary = await label("in.csv", csv, { empty: "error" })
    expect(summary).toMatchObject({ rows: 6, labelled: 2, failed: 4, empty: 0 })
    expect(folder.lines("in.labelled.csv.errors.jsonl")).toEqual([
      { line: 3, row: 2, code, reason },
      { line: 4, row: 3, code, reason },
      { line: 5, row: 4, code, reason },
      { line: 7, row: 5, code, reason },
    ])
  })

  it("empty label - given to the labeller, which is told so", async () => {
    expect(await label("in.csv", csv, { empty: "label" })).toMatchObject({ labelled: 6, failed: 0, empty: 0 })
    expect(seen[0]).toMatchObject({ texts: ["ab", "", "  \n", "\u00a0\ufeff", "cd"], options: { empty: "label" } })
  })

  it.each<[string, string, string | undefined, string]>([
    ["in.tsv", "text\tid\n \t1\n", undefined, "text\tid\tlabel\tscore\n \t1\t\t\n"],
    ["in.txt", "a\n\n \t\n", undefined, "text,label,score\na,NEGATIVE,0.51\n \t,,\n"],
    [
      "in.jsonl",
      '{"text":null}\n{"text": " " }\n{"id":1}\n{"text":"a","id":2}\n',
      undefined,
      '{"text":null,"label":null,"score":null}\n{"text": " ","label":null,"score":null}\n' +
        '{"id":1,"label":null,"score":null}\n{"text":"a","id":2,"label":"NEGATIVE","score":0.51}\n',
    ],
    ["null.jsonl", '{"text":null,"n":1}\n', "out.csv", "text,n,label,score\n,1,,\n"],
    ["in.csv", "text,n\n,1\n", "out.jsonl", '{"text":"","n":"1","label":null,"score":null}\n'],
  ])("%s %j - as in any format", async (name, content, output, expected) => {
    const { failed, empty, labelled, rows } = await label(name, content, {}, output)
    expect({ failed, all: labelled + empty }).toEqual({ failed: 0, all: rows })
    expect(empty).toBeGreaterThan(0)
    expect(folder.read(output ?? (name === "in.txt" ? "in.labelled.csv" : name.replace(".", ".labelled.")))).toBe(
      expected,
    )
  })

  it("to Parquet - null in the added columns", async () => {
    expect(await label("in.csv", 'text\na\n" "\n', {}, "out.parquet")).toMatchObject({ labelled: 1, empty: 1 })
    const { parquetReadObjects } = await import("hyparquet")
    const { compressors } = await import("hyparquet-compressors")
    const bytes = folder.bytes("out.parquet")
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer
    expect(await parquetReadObjects({ file, compressors })).toEqual([
      { text: "a", label: "NEGATIVE", score: 0.51 },
      { text: " ", label: null, score: null },
    ])
  })

  it("nothing but blank rows - no call of the labeller, and a report", async () => {
    const report = folder.at("report.html")
    const summary = await label("in.csv", "text,n\n,1\n,2\n", { report, minScore: 0.9 })
    expect(summary).toMatchObject({ rows: 2, labelled: 0, failed: 0, empty: 2, uncertain: 0 })
    expect(seen).toEqual([])
    expect(folder.read("report.html")).toContain("2 rows without text, kept without a label")
  })

  it("stopped and started again at any chunk - the bytes and the counts of one go", async () => {
    const content = `text,n\n${Array.from({ length: 60 }, (_, row) => `${row % 3 === 0 ? "" : "x".repeat(row)},${row}\n`).join("")}`
    const options = { chunkTexts: 4, maxChunks: 1, checkpointMs: 0, dedup: false } as const
    const whole = await label("in.csv", content, options, "whole.csv")
    const input = folder.at("in.csv")
    for (let ended = false; !ended; ) {
      const stop = new AbortController()
      let calls = 0
      const stopping = plainLabeller(() => ++calls === 2 && stop.abort())
      const request = { input, output: folder.at("out.csv"), labeller: stopping, options, signal: stop.signal }
      const { interrupted, rows, empty, labelled } = await labelCorpus(request)
      ended = !interrupted
      if (ended) expect({ rows, empty, labelled }).toEqual({ rows: 60, empty: 20, labelled: 40 })
    }
    expect(whole).toMatchObject({ rows: 60, empty: 20, labelled: 40 })
    expect(folder.read("out.csv")).toBe(folder.read("whole.csv"))
  })

  it("the same output with another policy - run_changed", async () => {
    await label("in.csv", csv)
    await expect(label("in.csv", csv, { empty: "error" })).rejects.toMatchObject({
      code: "run_changed",
      message: expect.stringContaining('options.empty was "skip" and is now "error"'),
    })
  })
})

describe("evaluateCorpus, rows whose text is blank", () => {
  const csv = "text,label\nab,POSITIVE\n,NEGATIVE\n \t,\nabc,NEGATIVE\n"
  const evaluate = (empty?: "skip" | "error" | "label") =>
    evaluateCorpus({ input: folder.write("gold.csv", csv), labeller, options: empty ? { empty } : {} })

  it("skip, the default - counted, and no failure, whatever their label is", async () => {
    expect(await evaluate()).toMatchObject({ rows: 4, compared: 2, failed: 0, empty: 2, accuracy: 1 })
  })

  it("error - failed rows", async () => {
    const failedByCode = { text_empty: 1, row_invalid: 1 }
    expect(await evaluate("error")).toMatchObject({ rows: 4, compared: 2, failed: 2, empty: 0, failedByCode })
  })

  it("label - compared", async () => {
    expect(await evaluate("label")).toMatchObject({ rows: 4, compared: 3, failed: 1, empty: 0 })
  })
})
