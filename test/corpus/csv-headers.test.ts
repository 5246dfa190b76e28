import { beforeEach, describe, expect, it } from "vitest"
import { evaluateCorpus } from "../../src/corpus/evaluate/evaluate.ts"
import { labelCorpus } from "../../src/corpus/label-corpus.ts"
import type { CorpusOptions } from "../../src/corpus/options.ts"
import { plainLabeller } from "./plain-labeller.ts"
import { TemporaryFolder } from "./temporary-folder.ts"

let folder: TemporaryFolder
beforeEach(() => {
  folder = new TemporaryFolder()
  return () => folder[Symbol.dispose]()
})

async function label(content: string, options: CorpusOptions = {}, output = "out.csv", name = "in.csv") {
  const input = folder.write(name, content)
  const summary = await labelCorpus({ input, output: folder.at(output), labeller: plainLabeller(), options })
  return { ...summary, written: folder.read(output) }
}

describe("labelCorpus, names in the header that are blank or come twice", () => {
  const csv = 'v1,"v2",,,v1\r\nham,"ab, c",,,x\r\n'

  it("CSV to CSV - the header keeps its bytes", async () => {
    const { written, column } = await label(csv, { column: "v2" })
    expect(written).toBe('v1,"v2",,,v1,label,score\r\nham,"ab, c",,,x,NEGATIVE,0.55\r\n')
    expect(column).toBe("v2")
  })

  it("CSV to JSON Lines and TSV - they are numbered", async () => {
    expect((await label(csv, { column: "v2" }, "out.jsonl")).written).toBe(
      '{"v1":"ham","v2":"ab, c","column_3":"","column_4":"","v1_1":"x","label":"NEGATIVE","score":0.55}\n',
    )
    expect((await label(csv, { column: "v2" }, "out.tsv")).written).toMatch(
      /^v1\tv2\tcolumn_3\tcolumn_4\tv1_1\tlabel\tscore\nham\tab, c\t\t\tx\t/,
    )
  })

  it("the text column by its number", async () => {
    expect(await label(csv, { column: "5" })).toMatchObject({ column: "v1_1", labelled: 1 })
    await expect(label(csv, { column: "v1" })).rejects.toMatchObject({
      message: expect.stringContaining("columns 1 and 5"),
    })
  })
})

describe("labelCorpus, no header", () => {
  const csv = '"4","x","I love it"\n"0","y","ab"\n'

  it("CSV to CSV - every row is labelled and keeps its bytes, and no header is written", async () => {
    expect(await label(csv, { header: false, column: "3" })).toMatchObject({
      rows: 2,
      column: "column_3",
      notes: [],
      written: '"4","x","I love it",NEGATIVE,0.59\n"0","y","ab",POSITIVE,0.52\n',
    })
  })

  it("to JSON Lines - columns by number", async () => {
    expect((await label(csv, { header: false, column: "3" }, "out.jsonl")).written).toMatch(
      /^\{"column_1":"4","column_2":"x","column_3":"I love it","label":"NEGATIVE","score":0.59\}\n/,
    )
  })

  it("a byte order mark is kept", async () => {
    expect((await label("\ufeffab\n", { header: false })).written).toBe("\ufeffab,POSITIVE,0.52\n")
  })

  it("a single column - needs no number", async () => {
    expect((await label("ab\nabc\n", { header: false })).written).toBe("ab,POSITIVE,0.52\nabc,NEGATIVE,0.53\n")
  })

  it("stopped and started again - the bytes of one go", async () => {
    const rows = Array.from({ length: 20 }, (_, row) => `${row},${"x".repeat(row + 1)}\n`).join("")
    const options = { header: false, column: "2", chunkTexts: 2, maxChunks: 1, checkpointMs: 0, dedup: false } as const
    const whole = await label(rows, options, "whole.csv")
    const input = folder.at("in.csv")
    for (let ended = false; !ended; ) {
      const stop = new AbortController()
      let calls = 0
      const labeller = plainLabeller(() => ++calls === 3 && stop.abort())
      ended = !(await labelCorpus({ input, output: folder.at("out.csv"), labeller, options, signal: stop.signal }))
        .interrupted
    }
    expect(folder.read("out.csv")).toBe(whole.written)
  })

  it.each<[CorpusOptions, string]>([
    [{ header: false }, 'column must be given by its number if there is no header; the first row has 1 "4", 2 "x"'],
    [{ header: false, column: "4" }, 'column must be a number, 1 to 3, because the columns have no names; got "4"'],
    [{}, '"4" looks like data: if the first row is no header, use header false'],
  ])("%j - option_invalid", async (options, message) => {
    await expect(label(csv, options)).rejects.toMatchObject({
      code: "option_invalid",
      message: expect.stringContaining(message),
    })
  })

  it("a first row that looks like data and is read as a header - a warning", async () => {
    expect((await label(csv, { column: "I love it" })).notes).toEqual([
      'the header was read from the first row; "4" looks like data: if the first row is no header, use header false',
    ])
    expect((await label("I love this place\nab\n", { column: "1", force: true })).notes).toHaveLength(1)
    expect((await label("2019,text\n1,ab\n", { force: true })).notes).toEqual([])
  })

  it("eval - the label column by its number too", async () => {
    const input = folder.write("gold.csv", "ab,POSITIVE\nabc,NEGATIVE\n")
    const options = { header: false, column: "1", labelColumn: "2" }
    expect(await evaluateCorpus({ input, labeller: plainLabeller(), options })).toMatchObject({
      compared: 2,
      accuracy: 1,
    })
  })
})

describe("labelCorpus, lines before the header", () => {
  it.each([
    ["sep=;\r\nid;text\r\n1;ab\r\n", "sep=;\r\nid;text;label;score\r\n1;ab;POSITIVE;0.52\r\n"],
    ['\ufeff"sep=|"\nid|text\n1|ab\n', '\ufeff"sep=|"\nid|text|label|score\n1|ab|POSITIVE|0.52\n'],
    ["SEP=\t\nid\ttext\n1\ta,b\n", "SEP=\t\nid\ttext\tlabel\tscore\n1\ta,b\tNEGATIVE\t0.53\n"],
  ])("%j - a line that names the delimiter is obeyed and kept", async (content, expected) => {
    expect(await label(content)).toMatchObject({ written: expected, rows: 1, failed: 0 })
  })

  it("sep= and delimiter - the option decides", async () => {
    expect((await label("sep=,\nid;text\n1;ab\n", { delimiter: ";" })).written).toContain("1;ab;POSITIVE")
  })

  it("skipLines - lines that are not read and not written; errors have their lines in the file", async () => {
    const content = 'Report, "of\nreviews\n\nid,text\n1,ab\n2\n'
    expect((await label(content, { skipLines: 3 })).written).toBe("id,text,label,score\n1,ab,POSITIVE,0.52\n")
    expect(folder.lines("out.csv.errors.jsonl")).toMatchObject([{ line: 6, row: 2 }])
  })

  it.each([
    ["in.txt", "skip\nab\n", "out.csv", "text,label,score\nab,POSITIVE,0.52\n"],
    ["in.jsonl", '# comment\n{"text":"ab"}\n', "out.jsonl", '{"text":"ab","label":"POSITIVE","score":0.52}\n'],
  ])("skipLines, %s", async (name, content, output, expected) => {
    expect((await label(content, { skipLines: 1 }, output, name)).written).toBe(expected)
  })

  it("skipLines, and no more lines - input_invalid", async () => {
    await expect(label("a\nb", { skipLines: 3 })).rejects.toMatchObject({
      code: "input_invalid",
      message: "input must have more than the 3 lines that skipLines skips; it has 1",
    })
  })
})

describe("labelCorpus, several text columns", () => {
  const csv = "title,body,n\nab,cd,1\n,abc,2\n,  ,3\n"

  it("joined by line ends, blank ones left out", async () => {
    const texts: string[] = []
    const input = folder.write("in.csv", csv)
    const labeller = plainLabeller(some => texts.push(...some))
    const options = { column: "title,body" }
    expect(await labelCorpus({ input, labeller, options })).toMatchObject({
      column: "title,body",
      labelled: 2,
      empty: 1,
    })
    expect(texts).toEqual(["ab\ncd", "abc"])
  })
})
