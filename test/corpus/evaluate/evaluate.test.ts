import { PassThrough, Readable } from "node:stream"
import { gzipSync } from "node:zlib"
import { afterAll, beforeEach, describe, expect, test } from "vitest"
import { type Evaluation, type EvaluationRequest, evaluateCorpus } from "../../../src/corpus/evaluate/evaluate.ts"
import type { EvaluateOptions } from "../../../src/corpus/options.ts"
import type { Progress } from "../../../src/corpus/run/progress.ts"
import type { FailedRow } from "../../../src/corpus/run/write-chunk.ts"
import type { Labeller, LabelOptions } from "../../../src/labeller.ts"
import { createLexiconLabeller } from "../../../src/lexicon/lexicon-labeller.ts"
import { plainLabeller } from "../plain-labeller.ts"
import { TemporaryFolder } from "../temporary-folder.ts"

const mvp = await createLexiconLabeller({ model: "mvp" })
afterAll(() => mvp.close())

let folder: TemporaryFolder
beforeEach(() => {
  folder = new TemporaryFolder()
  return () => folder[Symbol.dispose]()
})

/** A CSV of rows `text,label`. */
function csv(...rows: readonly string[]): string {
  return folder.write("gold.csv", ["text,label", ...rows, ""].join("\n"))
}

function evaluate(input: string, options: EvaluateOptions = {}, labeller: Labeller = mvp): Promise<Evaluation> {
  return evaluateCorpus({ input, labeller, options })
}

/** What mvp labels POSITIVE, NEGATIVE and, as it knows no word of it, NEUTRAL. */
const [good, bad, unknown] = ["I love it", "so dull", "a table"]

/**
 * Figures made with scikit-learn 1.9.1, from
 * `y = "P P P N N N N P".split(); p = "P N U N N P U P".split()`:
 * `accuracy_score(y, p)`, `f1_score(y, p, average="macro", zero_division=0)`,
 * `precision_recall_fscore_support(y, p, zero_division=0)`.
 */
const example = {
  rows: [
    [good, "POSITIVE"],
    [bad, "POSITIVE"],
    [unknown, "POSITIVE"],
    [bad, "NEGATIVE"],
    [bad, "NEGATIVE"],
    [good, "NEGATIVE"],
    [unknown, "NEGATIVE"],
    [good, "POSITIVE"],
  ] as const,
  quality: {
    accuracy: 0.5,
    macroF1: expect.closeTo(0.38095238095238093, 12),
    labels: [
      {
        label: "NEGATIVE",
        precision: 2 / 3,
        recall: 0.5,
        f1: expect.closeTo(0.5714285714285714, 12),
        support: 4,
        predicted: 3,
      },
      { label: "NEUTRAL", precision: 0, recall: 0, f1: 0, support: 0, predicted: 2 },
      {
        label: "POSITIVE",
        precision: 2 / 3,
        recall: 0.5,
        f1: expect.closeTo(0.5714285714285714, 12),
        support: 4,
        predicted: 3,
      },
    ],
    confusion: {
      NEGATIVE: { NEGATIVE: 2, NEUTRAL: 1, POSITIVE: 1 },
      POSITIVE: { NEGATIVE: 1, NEUTRAL: 1, POSITIVE: 2 },
    },
  },
}
const exampleCsv = ["text,label", ...example.rows.map(row => row.join(",")), ""].join("\n")

describe("evaluateCorpus - figures", () => {
  test("a small example - scikit-learn's figures, a label that is only predicted has a column of its own", async () => {
    expect(await evaluate(folder.write("gold.csv", exampleCsv))).toEqual({
      ...example.quality,
      input: folder.at("gold.csv"),
      model: { name: "mvp", revision: expect.any(String), dtype: "lexicon" },
      column: "text",
      labelColumn: "label",
      meanings: {},
      rows: 8,
      compared: 8,
      failed: 0,
      empty: 0,
      failedByCode: {},
      failedRows: [],
      truncated: 0,
      tokens: 19,
      elapsedMs: expect.any(Number),
      textsPerSecond: expect.any(Number),
      notes: [],
      groups: [],
      interrupted: false,
    })
  })

  test.each([
    ["gold.tsv", exampleCsv.replaceAll(",", "\t")],
    ["gold.csv.gz", gzipSync(exampleCsv)],
    ["gold.jsonl", example.rows.map(([text, label]) => JSON.stringify({ label, text })).join("\n")],
  ])("%s - the same figures", async (name, content) => {
    expect(await evaluate(folder.write(name, content))).toMatchObject(example.quality)
  })

  test("standard input - the same figures", async () => {
    const stdin = Readable.from([Buffer.from(exampleCsv)])
    const evaluation = await evaluateCorpus({ input: "-", labeller: mvp, options: { format: "csv" }, stdin })
    expect(evaluation).toMatchObject({ ...example.quality, input: "-" })
  })

  test("rows in other chunks - the same figures", async () => {
    expect(await evaluate(folder.write("gold.csv", exampleCsv), { chunkTexts: 3, maxChunks: 1 })).toMatchObject(
      example.quality,
    )
  })

  test("NEUTRAL is right where it is the right label", async () => {
    expect(await evaluate(csv(`${unknown},NEUTRAL`, `${good},neutral`))).toMatchObject({
      accuracy: 0.5,
      confusion: { NEUTRAL: { NEUTRAL: 1, POSITIVE: 1 } },
    })
  })

  test("no rows - no figures", async () => {
    expect(await evaluate(csv())).toMatchObject({
      rows: 0,
      compared: 0,
      accuracy: null,
      macroF1: null,
      labels: [],
      confusion: {},
    })
  })

  test("tokens and truncated texts are counted", async () => {
    expect(await evaluate(csv("SHOUT,POSITIVE", "abc,NEGATIVE"), {}, plainLabeller())).toMatchObject({
      tokens: 8,
      truncated: 1,
    })
  })
})

describe("evaluateCorpus - right labels", () => {
  test("names in any case and with spaces around, and indexes of a model's labels", async () => {
    const evaluation = await evaluate(csv("ab,positive", "abc, Negative ", "ab,1", "abc,0"), {}, plainLabeller())
    expect(evaluation).toMatchObject({ accuracy: 1, meanings: { "0": "NEGATIVE", "1": "POSITIVE" }, failed: 0 })
  })

  test("labels that differ in case alone - each is found as it is written", async () => {
    const labeller = plainLabeller(undefined, { labels: ["NEGATIVE", "negative", "POSITIVE"] })
    expect(await evaluate(csv("abc,NEGATIVE", "abc,negative"), {}, labeller)).toMatchObject({
      confusion: { NEGATIVE: { NEGATIVE: 1 }, negative: { NEGATIVE: 1 } },
    })
  })

  test("numbers of JSON Lines are indexes", async () => {
    const input = folder.write("gold.jsonl", '{"text":"ab","label":1}\n{"text":"abc","label":0}\n')
    expect(await evaluate(input, {}, plainLabeller())).toMatchObject({ accuracy: 1, compared: 2 })
  })

  test("a lexicon and 0 and 1 alone - NEGATIVE and POSITIVE", async () => {
    expect(await evaluate(csv(`${good},1`, `${bad},0`, `${unknown},1`))).toMatchObject({
      meanings: { "0": "NEGATIVE", "1": "POSITIVE" },
      confusion: { NEGATIVE: { NEGATIVE: 1 }, POSITIVE: { NEUTRAL: 1, POSITIVE: 1 } },
    })
  })

  test("a lexicon and 0, 1 and 2 - its labels in order", async () => {
    expect(await evaluate(csv(`${good},2`, `${bad},0`, `${unknown},1`))).toMatchObject({
      accuracy: 1,
      meanings: { "0": "NEGATIVE", "1": "NEUTRAL", "2": "POSITIVE" },
    })
  })

  test("labelMap - says what values mean, several may mean one label, and indexes mean nothing beside it", async () => {
    const options = { labelMap: "5 = positive, 4=POSITIVE,1=NEGATIVE" }
    const evaluation = await evaluate(csv("ab,5", "ab,4", "abc,1", "abc,negative", "abc,0"), options, plainLabeller())
    expect(evaluation).toMatchObject({
      compared: 4,
      accuracy: 1,
      meanings: { "5": "POSITIVE", "4": "POSITIVE", "1": "NEGATIVE" },
      failedRows: [
        {
          line: 6,
          reason: 'column "label" must hold one of NEGATIVE, POSITIVE, or of what labelMap names, 5, 4, 1; got "0"',
        },
      ],
    })
  })

  test.each(["1", "1=GOOD", "=POSITIVE", "1=POSITIVE,1=NEGATIVE", "1=2=POSITIVE", ""])(
    "labelMap %j - option_invalid",
    async labelMap => {
      await expect(evaluate(csv("ab,1"), { labelMap }, plainLabeller())).rejects.toMatchObject({
        code: "option_invalid",
        message: expect.stringMatching(labelMap === "" ? "labelMap must be a non-empty" : "labelMap must be pairs"),
      })
    },
  )

  test("labelMap, what it says of a pair that is wrong", async () => {
    await expect(evaluate(csv("ab,1"), { labelMap: "0=NEGATIVE,1=GOOD" }, plainLabeller())).rejects.toThrow(
      'labelMap must be pairs such as 1=POSITIVE,0=NEGATIVE, each value once, with labels of the model, NEGATIVE, POSITIVE; got "1=GOOD"',
    )
  })
})

describe("evaluateCorpus - columns and quotes", () => {
  test("labelColumn and column - found in any case", async () => {
    const input = folder.write("gold.csv", "id,Stars,Note\n1,POSITIVE,ab\n")
    expect(await evaluate(input, { labelColumn: "stars", column: "note" }, plainLabeller())).toMatchObject({
      compared: 1,
      column: "Note",
      labelColumn: "Stars",
    })
  })

  test("a labelColumn that is not there - option_invalid, listing the columns", async () => {
    await expect(evaluate(folder.write("gold.csv", "text,stars\nab,1\n"))).rejects.toMatchObject({
      code: "option_invalid",
      message: 'labelColumn must be one of the input\'s columns, "text", "stars"; got "label"',
    })
  })

  test("JSON Lines - each row decides whether it has a label", async () => {
    const input = folder.write("gold.jsonl", '{"text":"ab"}\n{"text":"ab","label":"POSITIVE"}\n')
    expect(await evaluate(input, {}, plainLabeller())).toMatchObject({
      compared: 1,
      failedRows: [{ line: 1, reason: expect.stringContaining("it is empty") }],
    })
  })

  test("quotes none - quotes are ordinary characters, as in SST-2", async () => {
    const input = folder.write("gold.tsv", 'sentence\tlabel\n"ab\t1\nabc"\t0\n')
    expect(await evaluate(input, { quotes: "none" }, plainLabeller())).toMatchObject({
      compared: 2,
      failed: 0,
      tokens: 7,
    })
  })
})

describe("evaluateCorpus - rows that are not compared", () => {
  const lines = ["ab,POSITIVE", "ab,GOOD", "ab,", "ab", "FAIL,POSITIVE", "ab,2", "ab,POSITIVE"]

  test("each is told of with line, row, code and reason, and its neighbours go on", async () => {
    const failed: FailedRow[] = []
    const evaluation = await evaluateCorpus({
      input: csv(...lines),
      labeller: plainLabeller(),
      onFailedRow: row => failed.push(row),
    })
    const rule = 'column "label" must hold one of NEGATIVE, POSITIVE, or an index from 0 to 1'
    expect(failed).toEqual([
      { line: 3, row: 2, code: "row_invalid", reason: `${rule}; got "GOOD"` },
      { line: 4, row: 3, code: "row_invalid", reason: `${rule}; it is empty` },
      { line: 5, row: 4, code: "row_invalid", reason: "has 1 field, and the header 2" },
      { line: 6, row: 5, code: "text_failed", reason: "cannot label 4 characters" },
      { line: 7, row: 6, code: "row_invalid", reason: `${rule}; got "2"` },
    ])
    expect(evaluation).toMatchObject({
      rows: 7,
      compared: 2,
      failed: 5,
      accuracy: 1,
      failedByCode: { row_invalid: 4, text_failed: 1 },
      failedRows: failed,
    })
  })

  test("a text whose right label is unknown is not labelled", async () => {
    const seen: string[] = []
    await evaluate(
      csv("ab,GOOD", "abc,NEGATIVE"),
      {},
      plainLabeller(texts => seen.push(...texts)),
    )
    expect(seen).toEqual(["abc"])
  })

  test("many of them - the first hundred are kept", async () => {
    const evaluation = await evaluate(csv(...Array.from({ length: 150 }, () => "ab,GOOD")), {}, plainLabeller())
    expect(evaluation.failed).toBe(150)
    expect(evaluation.failedRows.map(({ row }) => row)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1))
  })

  test("many labels - the reason names the first twelve", async () => {
    const labels = Array.from({ length: 14 }, (_, index) => `L${index}`)
    const { failedRows } = await evaluate(csv("ab,X"), {}, plainLabeller(undefined, { labels }))
    expect(failedRows[0]?.reason).toMatch(/one of L0, .*, L11, \.\.\., or an index from 0 to 13; got "X"/)
  })
})

describe("evaluateCorpus - running", () => {
  const many = () => csv(...Array.from({ length: 100 }, () => "ab,POSITIVE"))

  test("no more than maxChunks chunks are under way", async () => {
    let [underWay, most] = [0, 0]
    const labeller = plainLabeller(async () => {
      most = Math.max(most, ++underWay)
      await new Promise(resolve => setTimeout(resolve, 2))
      underWay--
    })
    expect(await evaluate(many(), { chunkTexts: 5, maxChunks: 3 }, labeller)).toMatchObject({ compared: 100 })
    expect(most).toBe(3)
  })

  test("function, maxLength and what becomes of long texts reach the labeller, in the bulk lane", async () => {
    const seen: LabelOptions[] = []
    const labeller = plainLabeller((_, options) => seen.push(options))
    const options = { scoreFunction: "sigmoid", maxLength: 9, longText: "windows", stride: 3, pooling: "mean" } as const
    await evaluate(csv("ab,POSITIVE"), options, labeller)
    expect(seen).toMatchObject([{ lane: "bulk", ...options }])
  })

  test("a signal stops it while standard input has nothing to say - aborted", async () => {
    const stop = new AbortController()
    const labeller = plainLabeller()
    const stdin = new PassThrough()
    const request = { input: "-", labeller, options: { format: "csv" as const }, stdin, signal: stop.signal }
    const evaluating = evaluateCorpus(request)
    stop.abort()
    await expect(evaluating).rejects.toMatchObject({ code: "aborted" })
  })

  test("a signal stops it - the rows under way are counted, and it says that it was interrupted", async () => {
    const stop = new AbortController()
    const labeller = plainLabeller(() => stop.abort())
    const request: EvaluationRequest = {
      input: many(),
      labeller,
      options: { chunkTexts: 10, maxChunks: 1 },
      signal: stop.signal,
    }
    expect(await evaluateCorpus(request)).toMatchObject({ interrupted: true, compared: 10, accuracy: 1 })
  })

  test("a signal stops it, and a chunk does not end in time - is interrupted, though the whole input was read", async () => {
    const stop = new AbortController()
    const labeller = plainLabeller(async (_, { signal }) => {
      stop.abort()
      await new Promise((_, reject) => signal?.addEventListener("abort", () => reject(new Error("aborted"))))
    })
    const request: EvaluationRequest = {
      input: many(),
      labeller,
      options: { chunkTexts: 1000, stopSeconds: 0 },
      signal: stop.signal,
    }
    expect(await evaluateCorpus(request)).toMatchObject({ interrupted: true, compared: 0 })
  })

  test("progress is told, at the end of all rows", async () => {
    const told: Progress[] = []
    const input = many()
    await evaluateCorpus({ input, labeller: plainLabeller(), onProgress: progress => told.push(progress) })
    const bytes = folder.bytes("gold.csv").length
    expect(told.at(-1)).toMatchObject({ rows: 100, failed: 0, bytes, totalBytes: bytes, estimatedRows: 100 })
  })

  test("what the labeller rejects with is thrown", async () => {
    const labeller = plainLabeller(() => {
      throw new Error("no device")
    })
    await expect(evaluate(many(), {}, labeller)).rejects.toThrow("no device")
  })

  test("a labeller that gives too few results - an error", async () => {
    const labeller = { ...plainLabeller(), label: async () => [] }
    await expect(evaluate(csv("ab,POSITIVE"), {}, labeller)).rejects.toThrow("one result a text; got 0")
  })
})

describe("evaluateCorpus - by", () => {
  const rows = `text,label,kind\n${good},POSITIVE,a\n${bad},POSITIVE,b\n${unknown},NEUTRAL,a\n${bad},1,b\n${good},POSITIVE,\n`

  test("each value of the column has its own figures, in the order in which values come", async () => {
    const input = folder.write("kinds.csv", rows.replace(",1,b", ",NEGATIVE,b"))
    const { groups, accuracy } = await evaluate(input, { by: "kind" })
    expect(accuracy).toBe(0.8)
    expect(groups).toEqual([
      { value: "a", compared: 2, accuracy: 1, macroF1: 1 },
      { value: "b", compared: 2, accuracy: 0.5, macroF1: expect.closeTo(1 / 3, 12) },
      { value: "", compared: 1, accuracy: 1, macroF1: 1 },
    ])
  })

  test("without it - no groups; a column that is not there, or with too many values - refused", async () => {
    const input = folder.write("kinds.csv", rows)
    expect((await evaluate(input)).groups).toEqual([])
    await expect(evaluate(input, { by: "kin" })).rejects.toThrow(/^by must /)
    const many = Array.from({ length: 1001 }, (_, index) => `${good},POSITIVE,${index}`)
    const ids = folder.write("ids.csv", `text,label,id\n${many.join("\n")}\n`)
    await expect(evaluate(ids, { by: "id" })).rejects.toThrow(
      "by must name a column with at most 1000 different values",
    )
  })
})
