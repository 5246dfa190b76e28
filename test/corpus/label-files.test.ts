import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { type FilesRequest, labelFiles } from "../../src/corpus/label-files.ts"
import { plainLabeller } from "./plain-labeller.ts"
import { TemporaryFolder } from "./temporary-folder.ts"

let folder: TemporaryFolder
beforeEach(() => {
  folder = new TemporaryFolder()
})
afterEach(() => folder[Symbol.dispose]())

const csv = (...texts: string[]) => `text\n${texts.map(text => `${text}\n`).join("")}`

function label(input: string, more: Partial<FilesRequest> = {}) {
  return labelFiles({ input: folder.at(input), output: folder.at("out"), labeller: plainLabeller(), ...more })
}

it("options for one format, and files of others - each takes what is for it", async () => {
  folder.write("mixed/a.csv", "id;text\n1;ab\n")
  folder.write("mixed/b.jsonl", '{"text":"ab"}\n')
  const request = { input: folder.at("mixed"), output: folder.at("out"), labeller: plainLabeller() }
  const { files } = await labelFiles({ ...request, options: { delimiter: ";" } })
  expect(files.map(({ summary }) => summary?.labelled)).toEqual([1, 1])
})

it("a column for the files that have columns - plain text beside them is labelled", async () => {
  folder.write("mixed/a.csv", "body,text\nab,abc\n")
  folder.write("mixed/b.txt", "ab\n")
  const { files } = await label("mixed", { options: { column: "body" } })
  expect(files.map(({ summary }) => summary?.labelled)).toEqual([1, 1])
})

describe("labelFiles", () => {
  it("a folder - each file of a known format, in the order of their names, under its own name", async () => {
    for (const name of ["in/b/x.csv", "in/a/x.csv", "in/a/deep/y.tsv"]) folder.write(name, csv("one", "two"))
    folder.write("in/notes.md", "no corpus")
    folder.write("in/lines.txt", "one\n")
    folder.write("in/x.csv.errors.jsonl", "{}\n")
    const { files, found, interrupted } = await label("in")
    expect(files.map(({ output }) => output.slice(folder.path.length))).toEqual([
      "/out/a/deep/y.tsv",
      "/out/a/x.csv",
      "/out/b/x.csv",
      "/out/lines.txt.csv",
    ])
    expect([found, interrupted]).toEqual([4, false])
    expect(folder.read("out/a/x.csv")).toBe("text,label,score\none,NEGATIVE,0.53\ntwo,NEGATIVE,0.53\n")
  })

  it("a pattern - the files that it names, from its fixed part on", async () => {
    for (const name of ["in/a/x.csv", "in/b/x.csv", "in/b/x.tsv"]) folder.write(name, csv("one"))
    const { files } = await label("in/*/*.csv")
    expect(files.map(({ output }) => output.slice(folder.path.length))).toEqual(["/out/a/x.csv", "/out/b/x.csv"])
  })

  it("a file that fails - does not keep the others from being labelled", async () => {
    folder.write("in/a.csv", csv("one"))
    folder.write("in/b.csv", "id\n1\n")
    folder.write("in/c.csv", csv("FAIL", "two"))
    const { files } = await label("in")
    expect(files.map(({ summary, error }) => [summary?.labelled, summary?.failed, error?.message])).toEqual([
      [1, 0, undefined],
      [undefined, undefined, expect.stringContaining("column must be given")],
      [1, 1, undefined],
    ])
  })

  it("stopped and started again - passes over what is done, and goes on", async () => {
    for (const name of ["a", "b", "c"]) folder.write(`in/${name}.csv`, csv(...Array(20).fill(name)))
    const stop = new AbortController()
    let calls = 0
    const stopping = plainLabeller(() => ++calls === 6 && stop.abort())
    const options = { chunkTexts: 4, dedup: false, maxChunks: 1 }
    const first = await label("in", { labeller: stopping, signal: stop.signal, options })
    expect(first.interrupted).toBe(true)
    expect(first.files.map(({ summary }) => summary?.interrupted)).toEqual([false, true])
    const second = await label("in", { options })
    expect(second.files.map(({ summary }) => [summary?.alreadyDone, summary?.rows])).toEqual([
      [true, 20],
      [false, 20],
      [false, 20],
    ])
    expect(second.files[1]?.summary?.resumedRows).toBeGreaterThan(0)
  })

  it("outputs below the inputs - are no inputs of the next start", async () => {
    folder.write("in/a.csv", csv("one"))
    const output = folder.at("in/out")
    await label("in", { output })
    expect((await label("in", { output })).found).toBe(1)
  })

  it("two files with one output - option_invalid, and which they are", async () => {
    folder.write("in/a.txt", "one\n")
    folder.write("in/a.txt.csv", csv("one"))
    await expect(label("in")).rejects.toMatchObject({
      code: "option_invalid",
      message: expect.stringMatching(
        /a\.txt\.csv must be that of one file; it would be of .*a\.txt and .*a\.txt\.csv$/,
      ),
    })
  })

  it.each([
    ["in", "have files that end in .csv, .tsv, .jsonl, .txt or .parquet"],
    ["in/*.csv", "name files that exist"],
  ])("%s without files - input_invalid", async (input, rule) => {
    folder.write("in/notes.md", "")
    await expect(label(input)).rejects.toMatchObject({ code: "input_invalid", message: expect.stringContaining(rule) })
  })

  it("a report - option_invalid", async () => {
    folder.write("in/a.csv", csv("one"))
    await expect(label("in", { options: { report: "r.html" } })).rejects.toMatchObject({ code: "option_invalid" })
  })
})
