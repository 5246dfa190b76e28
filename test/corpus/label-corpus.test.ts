import { PassThrough, Readable } from "node:stream"
import { gunzipSync, gzipSync } from "node:zlib"
import { parse } from "csv-parse/sync"
import { stringify } from "csv-stringify/sync"
import fc from "fast-check"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { type CorpusRequest, labelCorpus } from "../../src/corpus/label-corpus.ts"
import type { Progress } from "../../src/corpus/run/progress.ts"
import type { FailedRow } from "../../src/corpus/run/write-chunk.ts"
import { ValenceError } from "../../src/errors.ts"
import { plainLabeller } from "./plain-labeller.ts"
import { TemporaryFolder } from "./temporary-folder.ts"

let folder: TemporaryFolder
beforeEach(() => {
  folder = new TemporaryFolder()
})
afterEach(() => folder[Symbol.dispose]())

/** Labels a file of the folder. */
function label(name: string, content: string | Uint8Array, request: Partial<CorpusRequest> = {}) {
  return labelCorpus({ input: folder.write(name, content), labeller: plainLabeller(), ...request })
}

describe("labelCorpus", () => {
  it("reviews.csv - writes reviews.labelled.csv beside it, with all columns and two more", async () => {
    const summary = await label("reviews.csv", 'id,text,n\n1,"good, ""so""",7\n2,bad,8\n')
    expect(folder.read("reviews.labelled.csv")).toBe(
      'id,text,n,label,score\n1,"good, ""so""",7,POSITIVE,0.6\n2,bad,8,NEGATIVE,0.53\n',
    )
    expect(folder.names()).toEqual(["reviews.csv", "reviews.labelled.csv", "reviews.labelled.csv.manifest.json"])
    expect(summary).toMatchObject({
      output: folder.at("reviews.labelled.csv"),
      errors: undefined,
      column: "text",
      added: ["label", "score"],
      rows: 2,
      labelled: 2,
      failed: 0,
      labels: [
        { label: "NEGATIVE", rows: 1, share: 0.5, meanScore: 0.53 },
        { label: "POSITIVE", rows: 1, share: 0.5, meanScore: 0.6 },
      ],
      interrupted: false,
      alreadyDone: false,
    })
  })

  it.each([
    ["an object whose toString is no function", '{"toString":1,"valueOf":1}', "an object"],
    ["a list nested 20,000 deep", `${"[".repeat(20_000)}${"]".repeat(20_000)}`, "an array"],
  ])("a text that is %s - is listed, and the run goes on", async (_, value, shown) => {
    await label("in.jsonl", `{"text":"good"}\n{"text":${value}}\n{"text":"bad"}\n`)
    expect(folder.lines("in.labelled.jsonl")).toHaveLength(2)
    expect(folder.lines("in.labelled.jsonl.errors.jsonl")).toMatchObject([
      { line: 2, code: "row_invalid", reason: `field "text" must be a string; got ${shown}` },
    ])
  })

  it("keeps a byte order mark, CRLF and the quotes of a CSV file", async () => {
    await label("in.csv", '\ufeffid,text\r\n"1","two\r\nlines"\r\n2,b')
    expect(folder.read("in.labelled.csv")).toBe(
      '\ufeffid,text,label,score\r\n"1","two\r\nlines",POSITIVE,0.6\r\n2,b,NEGATIVE,0.51\r\n',
    )
  })

  it("tsv with quotes that mean nothing", async () => {
    await label("in.tsv", 'id\ttext\n1\t"open\n2\tb"\n', { options: { quotes: "none" } })
    expect(folder.read("in.labelled.tsv")).toBe(
      'id\ttext\tlabel\tscore\n1\t"open\tNEGATIVE\t0.55\n2\tb"\tPOSITIVE\t0.52\n',
    )
  })

  it("jsonl - keeps each object as it was written, with all scores", async () => {
    await label("in.jsonl", '{ "id":1.50, "text":"good" }\n{"text":"odd","more":[1]}\n', { options: { scores: true } })
    expect(folder.read("in.labelled.jsonl")).toBe(
      '{ "id":1.50, "text":"good","label":"POSITIVE","score":0.54,"score_NEGATIVE":0.46,"score_POSITIVE":0.54}\n' +
        '{"text":"odd","more":[1],"label":"NEGATIVE","score":0.53,"score_NEGATIVE":0.53,"score_POSITIVE":0.47}\n',
    )
  })

  it("text - becomes CSV", async () => {
    await label("in.txt", 'He said "no"\nplain\n', { options: { tokens: true, truncated: true } })
    expect(folder.read("in.labelled.csv")).toBe(
      'text,label,score,tokens,truncated\n"He said ""no""",POSITIVE,0.62,12,false\nplain,NEGATIVE,0.55,5,false\n',
    )
  })

  it("csv to jsonl and back - by the extension of the output", async () => {
    await label("in.csv", 'id,text\n1,"a,b"\n', { output: folder.at("out.jsonl") })
    expect(folder.read("out.jsonl")).toBe('{"id":"1","text":"a,b","label":"NEGATIVE","score":0.53}\n')
    await label("in.jsonl", '{"id":1,"text":"a,b","tags":["x"],"none":null}\n', { output: folder.at("out.csv") })
    expect(folder.read("out.csv")).toBe('id,text,tags,none,label,score\n1,"a,b","[""x""]",,NEGATIVE,0.53\n')
  })

  it("outputFormat - wins over the extension", async () => {
    await label("in.csv", "text\na\n", { output: folder.at("out.dat"), options: { outputFormat: "tsv" } })
    expect(folder.read("out.dat")).toBe("text\tlabel\tscore\na\tNEGATIVE\t0.51\n")
  })

  it(".gz - read and written", async () => {
    await label("in.csv.gz", gzipSync("text\na\n"))
    expect(gunzipSync(folder.bytes("in.labelled.csv.gz")).toString()).toBe("text,label,score\na,NEGATIVE,0.51\n")
  })

  it("- to - : standard input to standard output", async () => {
    const stdout = new PassThrough()
    const summary = await labelCorpus({
      input: "-",
      labeller: plainLabeller(),
      options: { format: "csv" },
      stdin: Readable.from([Buffer.from("text\na\nFAIL\n")]),
      stdout,
    })
    expect(stdout.read().toString()).toBe("text,label,score\na,NEGATIVE,0.51\n")
    expect(summary).toMatchObject({ input: "-", output: "-", errors: undefined, labelled: 1, failed: 1 })
  })

  it("a reader of standard output that is gone - output_failed", async () => {
    const stdout = new PassThrough({ highWaterMark: 10 })
    const lines = Array.from({ length: 5000 }, (_, row) => `text ${row}\n`)
    const labelled = label("in.txt", lines.join(""), { output: "-", stdout })
    stdout.once("data", () => stdout.destroy(new Error("write EPIPE")))
    await expect(labelled).rejects.toMatchObject({
      code: "output_failed",
      message: "output - cannot be written: write EPIPE",
      retryable: true,
    })
  })

  it("rows without a label - listed beside the output with line, row, code and reason; the others are written", async () => {
    const failedRows: FailedRow[] = []
    const content = 'id,text\n1,"two\nlines"\n2\n3,FAIL\n4,b\n'
    const summary = await label("in.csv", content, { onFailedRow: row => failedRows.push(row) })
    expect(folder.read("in.labelled.csv")).toBe(
      'id,text,label,score\n1,"two\nlines",NEGATIVE,0.59\n4,b,NEGATIVE,0.51\n',
    )
    const listed = [
      { line: 4, row: 2, code: "row_invalid", reason: "has 1 field, and the header 2" },
      { line: 5, row: 3, code: "text_failed", reason: "cannot label 4 characters" },
    ]
    expect(folder.lines("in.labelled.csv.errors.jsonl")).toEqual(listed)
    expect(failedRows).toEqual(listed)
    expect(summary).toMatchObject({
      errors: folder.at("in.labelled.csv.errors.jsonl"),
      rows: 4,
      labelled: 2,
      failed: 2,
    })
  })

  it("a field that the output has no place for - a row of the errors, before it is labelled", async () => {
    const seen: string[] = []
    const labeller = plainLabeller(texts => seen.push(...texts))
    const content = '{"text":"a"}\n{"text":"b","more":1}\n{"text":"c","label":"x"}\n'
    await label("in.jsonl", content, { labeller, output: folder.at("out.csv") })
    expect(seen).toEqual(["a"])
    expect(folder.lines("out.csv.errors.jsonl")).toMatchObject([
      { row: 2, reason: 'has a field "more", which the first row has not: write JSON Lines to keep it' },
      { row: 3, reason: 'has a field "label", which the first row has not: write JSON Lines to keep it' },
    ])
  })

  it("a field with the name of an added column - a row of the errors", async () => {
    await label("in.jsonl", `${'{"text":"a"}\n'.repeat(20_000)}{"text":"b","label":"x"}\n`)
    expect(folder.lines("in.labelled.jsonl.errors.jsonl")).toMatchObject([
      { row: 20_001, reason: 'has a field "label" already, which the first rows lack: use prefix valence_' },
    ])
  })

  it("minScore - UNCERTAIN below it, counted apart", async () => {
    const summary = await label("in.txt", "a\nbb\nlong enough for a high score\n", { options: { minScore: 0.6 } })
    expect(folder.read("in.labelled.csv")).toBe(
      "text,label,score\na,UNCERTAIN,0.51\nbb,UNCERTAIN,0.52\nlong enough for a high score,POSITIVE,0.78\n",
    )
    expect(summary).toMatchObject({ uncertain: 2, labels: [{ label: "UNCERTAIN", rows: 2 }, { label: "POSITIVE" }] })
  })

  it("words - joined in CSV, a list in JSON", async () => {
    const labeller = plainLabeller()
    const withWords = {
      ...labeller,
      label: async (texts: readonly string[]) =>
        (await labeller.label(texts)).map(result => ({ ...result, words: ["not good", "fun"] })),
    }
    const request = { labeller: withWords, options: { words: true } }
    await label("in.txt", "a\n", request)
    await label("in.txt", "a\n", { ...request, output: folder.at("out.jsonl") })
    expect(folder.read("in.labelled.csv")).toBe("text,label,score,words\na,NEGATIVE,0.51,not good|fun\n")
    expect(folder.read("out.jsonl")).toBe('{"text":"a","label":"NEGATIVE","score":0.51,"words":["not good","fun"]}\n')
  })

  it("hands the labeller bulk texts in chunks, with function, maxLength, topK and what becomes of long texts", async () => {
    const calls: unknown[] = []
    const labeller = plainLabeller((texts, { id: _, signal: __, ...options }) => calls.push([texts, options]))
    const scoring = { scoreFunction: "sigmoid", maxLength: 64, longText: "windows", stride: 0, pooling: "max" } as const
    const options = { ...scoring, chunkTexts: 2, scores: true }
    await label("in.txt", "a\nb\nc\n", { labeller, options })
    const given = { ...scoring, lane: "bulk", topK: "all" }
    expect(calls).toEqual([
      [["a", "b"], given],
      [["c"], given],
    ])
  })

  it("counts what was truncated, and tokens", async () => {
    expect(await label("in.txt", "SHOUT\nab\n")).toMatchObject({ truncated: 1, tokens: 7 })
  })

  it("tells its progress, with the rows and bytes that are done at last", async () => {
    const told: Progress[] = []
    await label("in.txt", "a\nbb\n", { onProgress: progress => told.push(progress) })
    expect(told.at(-1)).toMatchObject({ rows: 2, failed: 0, bytes: 5, totalBytes: 5, estimatedRows: 2 })
  })

  it("report - a page is written, and its path told", async () => {
    const report = folder.at("report.html")
    expect(await label("in.txt", "a\n", { options: { report } })).toMatchObject({ report })
    expect(folder.read("report.html")).not.toBe("")
  })

  it("a labeller that rejects - throws that, and what came before is safe", async () => {
    const broken = new ValenceError("device_failed", "it died")
    const labeller = plainLabeller(([text]) => {
      if (text === "c") throw broken
    })
    await expect(label("in.txt", "a\nb\nc\n", { labeller, options: { chunkTexts: 1 } })).rejects.toBe(broken)
    expect(folder.read("in.labelled.csv")).toBe("text,label,score\na,NEGATIVE,0.51\nb,NEGATIVE,0.51\n")
    expect(await label("in.txt", "a\nb\nc\n", { options: { chunkTexts: 1 } })).toMatchObject({
      resumedRows: 2,
      rows: 3,
    })
  })

  it("a labeller that gives too few results - throws, and writes nothing of it", async () => {
    const labeller = { ...plainLabeller(), label: async () => [] }
    await expect(label("in.txt", "a\n", { labeller })).rejects.toThrow("one result a text")
  })

  it.each([
    ["at once", (stop: AbortController) => stop.abort()],
    ["while it waits", () => {}],
  ])("stopped before standard input has said anything, %s - aborted, and no output", async (_, before) => {
    const stop = new AbortController()
    before(stop)
    const labelled = labelCorpus({
      input: "-",
      output: folder.at("out.csv"),
      labeller: plainLabeller(),
      options: { format: "csv" },
      stdin: new Readable({ read: () => stop.abort() }),
      signal: stop.signal,
    })
    await expect(labelled).rejects.toMatchObject({ code: "aborted" })
    expect(folder.names()).toEqual([])
  })

  it("an input that changes during the run - run_changed", async () => {
    const labeller = plainLabeller(() => folder.write("in.txt", "a\nb\n"))
    await expect(label("in.txt", "a\n", { labeller })).rejects.toMatchObject({
      code: "run_changed",
      message: expect.stringMatching(
        /^input .*in.txt grew from 2 to 4 bytes during the run; .* if it is cut back to 2 bytes, and --force/,
      ),
    })
  })

  it("an input that is only touched during the run - goes through", async () => {
    const labeller = plainLabeller(() => folder.write("in.txt", "a\n"))
    expect(await label("in.txt", "a\n", { labeller })).toMatchObject({ rows: 1, interrupted: false })
  })

  const cell = fc.array(fc.constantFrom("a", '"', ",", "\n", "\r\n", "é", " ", "😀"), { maxLength: 8 })
  const row = fc.tuple(cell, cell).map(cells => cells.map(parts => parts.join("")))

  it("CSV in, CSV and JSON Lines out - keeps every cell, whatever is in it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 8 }), async rows => {
        const options = { force: true, chunkTexts: 3 }
        await label("in.csv", stringify([["id", "text"], ...rows]), { options })
        const [header, ...written] = parse(folder.read("in.labelled.csv")) as unknown as string[][]
        expect(header).toEqual(["id", "text", "label", "score"])
        expect(written.map(cells => cells.slice(0, 2))).toEqual(rows)
        await labelCorpus({
          input: folder.at("in.labelled.csv"),
          output: folder.at("out.jsonl"),
          labeller: plainLabeller(),
          options,
        })
        expect(folder.lines("out.jsonl")).toMatchObject(rows.map(([id, text]) => ({ id, text })))
      }),
      { numRuns: 40 },
    )
  })
})
