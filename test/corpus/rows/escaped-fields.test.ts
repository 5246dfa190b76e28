import fc from "fast-check"
import { beforeEach, describe, expect, it } from "vitest"
import { labelCorpus } from "../../../src/corpus/label-corpus.ts"
import type { CorpusOptions } from "../../../src/corpus/options.ts"
import { quotedFields, unquotedFields } from "../../../src/corpus/rows/escaped-fields.ts"
import { plainLabeller } from "../plain-labeller.ts"
import { TemporaryFolder } from "../temporary-folder.ts"

describe("quotedFields", () => {
  const read = quotedFields(",", "\\")
  it.each([
    ['1,"She said \\"hi\\", then left"', ["1", 'She said "hi", then left']],
    ['"ends \\\\",a', ["ends \\", "a"]],
    ['"a ""b"" c",""', ['a "b" c', ""]],
    ['"C:\\new",C:\\dir\\,x', ["C:\\new", "C:\\dir\\", "x"]],
    ['"two\\\nlines\nmore",', ["two\nlines\nmore", ""]],
    ['\\N,"\\N",', ["", "\\N", ""]],
    ['"a" b,c', ['"a" b', "c"]],
    ["", [""]],
  ])("%j - %j", (record, fields) => expect(read(record)).toEqual(fields))

  it("gives the fields that were written with escapes", () => {
    const field = fc.array(fc.constantFrom("a", '"', "\\", ",", "\n", " ", "é"), { maxLength: 8 }).map(p => p.join(""))
    const written = (text: string) => `"${text.replaceAll(/["\\]/g, "\\$&")}"`
    fc.assert(
      fc.property(fc.array(field, { minLength: 1, maxLength: 5 }), fields => {
        expect(read(fields.map(written).join(","))).toEqual(fields)
      }),
    )
  })
})

describe("unquotedFields", () => {
  const read = unquotedFields("\t", "\\")
  it.each([
    ["a\\\tb\tc", ["a\tb", "c"]],
    ["a\\nb\\tc\\\\n\t\\N", ["a\nb\tc\\n", ""]],
    ['"a"\t\\q\\\n', ['"a"', "\\q\n"]],
    ["", [""]],
  ])("%j - %j", (record, fields) => expect(read(record)).toEqual(fields))
})

describe("labelCorpus, escape", () => {
  let folder: TemporaryFolder
  beforeEach(() => {
    folder = new TemporaryFolder()
    return () => folder[Symbol.dispose]()
  })
  const label = (name: string, content: string, options: CorpusOptions, output: string) =>
    labelCorpus({
      input: folder.write(name, content),
      output: folder.at(output),
      labeller: plainLabeller(),
      options: { chunkTexts: 1, ...options },
    })
  const csv = 'id,review\n1,"First \\"line\\"\nsecond line, more"\n2,"ends \\\\"\n3,\\N\n'

  it("CSV to CSV - rows keep their bytes", async () => {
    expect(await label("in.csv", csv, { escape: "\\" }, "out.csv")).toMatchObject({ labelled: 2, failed: 0, empty: 1 })
    expect(folder.read("out.csv")).toBe(
      'id,review,label,score\n1,"First \\"line\\"\nsecond line, more",POSITIVE,0.8\n2,"ends \\\\",POSITIVE,0.56\n3,\\N,,\n',
    )
  })

  it("CSV to JSON Lines - the fields without their escapes", async () => {
    await label("in.csv", csv, { escape: "\\" }, "out.jsonl")
    expect(folder.lines("out.jsonl")).toMatchObject([
      { id: "1", review: 'First "line"\nsecond line, more' },
      { id: "2", review: "ends \\" },
      { id: "3", review: "", label: null },
    ])
  })

  it("TSV without quotes - tabs and line ends as databases write them", async () => {
    const tsv = "id\ttext\n1\tgood\\tfilm\\\nbad\n2\t\\N\n"
    await label("in.tsv", tsv, { escape: "\\", quotes: "none" }, "out.jsonl")
    expect(folder.lines("out.jsonl")).toMatchObject([{ text: "good\tfilm\nbad" }, { id: "2", text: "", label: null }])
  })

  it("without it - no torn row has a label", async () => {
    expect(await label("in.csv", csv, {}, "out.csv")).toMatchObject({ rows: 3, labelled: 1, failed: 1, empty: 1 })
    expect(folder.lines("out.csv.errors.jsonl")).toMatchObject([
      { line: 2, row: 1, code: "row_invalid", reason: expect.stringContaining("use escape '\\'") },
    ])
  })

  it.each([
    ["ab", "escape must be one ASCII character other than a letter, digit, space or quote"],
    ['"', "escape must be one ASCII character other than a letter, digit, space or quote"],
    [",", 'escape must be another character than delimiter; got ","'],
  ])("%s - option_invalid", async (escaping, message) => {
    await expect(label("in.csv", csv, { escape: escaping }, "out.csv")).rejects.toMatchObject({
      code: "option_invalid",
      message: expect.stringContaining(message),
    })
  })
})
