import { linkSync, mkdirSync } from "node:fs"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { type OutputFormat, resolveInput, resolveOutput, resolveReport } from "../../src/corpus/run-files.ts"
import { TemporaryFolder } from "./temporary-folder.ts"

let folder: TemporaryFolder
beforeEach(() => {
  folder = new TemporaryFolder()
})
afterEach(() => folder[Symbol.dispose]())

const invalid = (message: string) => expect.objectContaining({ code: "option_invalid", message })

const outputOf = (name: string, output?: string, format?: OutputFormat) =>
  resolveOutput(resolveInput(folder.write(name, ""), undefined), output, format)

describe("resolveInput", () => {
  it.each([
    ["a.csv", "csv", undefined],
    ["a.TSV", "tsv", undefined],
    ["a.tab", "tsv", undefined],
    ["a.jsonl", "jsonl", undefined],
    ["a.ndjson.gz", "jsonl", "gzip"],
    ["a.b.txt.GZ", "text", "gzip"],
    ["a.csv.zst", "csv", "zstd"],
    ["a.parquet", "parquet", undefined],
  ])("%s is read as %s", (name, format, compression) => {
    const path = folder.write(name, "")
    expect(resolveInput(path, undefined)).toEqual({ path, format, compression })
  })

  it("format - wins over the extension, and is needed without a known one and for standard input", () => {
    const path = folder.write("a.dat", "")
    expect(resolveInput(path, "csv")).toEqual({ path, format: "csv", compression: undefined })
    expect(resolveInput("-", "jsonl")).toEqual({ path: "-", format: "jsonl", compression: undefined })
    expect(() => resolveInput(path, undefined)).toThrow(/^format must be given for ".*a.dat": its extension is none of/)
    expect(() => resolveInput("-", undefined)).toThrow(
      invalid("format must be given for standard input: csv, tsv, jsonl or text"),
    )
  })

  it("Parquet that is compressed as a whole, or comes through a pipe - option_invalid", () => {
    expect(() => resolveInput(folder.write("a.parquet.gz", ""), undefined)).toThrow(
      /^input must be a .parquet file: Parquet compresses its own pages; got ".*a.parquet.gz"/,
    )
    expect(() => resolveInput("-", "parquet")).toThrow(
      invalid("format must be csv, tsv, jsonl or text for standard input: Parquet is read from its end"),
    )
    expect(() => outputOf("a.csv", "-", "parquet")).toThrow(
      invalid('output must be a .parquet file: Parquet cannot go on where a run to standard output stopped; got "-"'),
    )
  })

  it("no such file - input_invalid", () => {
    expect(() => resolveInput("nowhere.csv", undefined)).toThrow(
      expect.objectContaining({ code: "input_invalid", message: 'input "nowhere.csv" does not exist' }),
    )
  })
})

describe("resolveOutput", () => {
  it.each([
    ["a.csv", undefined, "a.labelled.csv"],
    ["a.csv.gz", undefined, "a.labelled.csv.gz"],
    ["a.txt", undefined, "a.labelled.csv"],
    ["a.tab", undefined, "a.labelled.tsv"],
    ["a.csv", "jsonl", "a.labelled.jsonl"],
    ["a.csv.zst", undefined, "a.labelled.csv.zst"],
    ["a.parquet", undefined, "a.labelled.parquet"],
    ["a.csv.gz", "parquet", "a.labelled.parquet"],
  ] as const)("%s with format %s goes to %s", (name, format, output) => {
    expect(outputOf(name, undefined, format)).toMatchObject({
      path: folder.at(output),
      errors: folder.at(`${output}.errors.jsonl`),
      manifest: folder.at(`${output}.manifest.json`),
      lock: folder.at(`${output}.lock`),
    })
  })

  it("standard input goes to standard output", () => {
    expect(resolveOutput(resolveInput("-", "text"), undefined, undefined)).toMatchObject({ path: "-", format: "csv" })
  })

  it("the format of the input where the extension tells none", () => {
    expect(outputOf("a.jsonl", folder.at("out"))).toMatchObject({ format: "jsonl", compression: undefined })
    expect(outputOf("a.jsonl", folder.at("out.tsv.gz"))).toMatchObject({ format: "tsv", compression: "gzip" })
  })

  it(".txt - option_invalid, because it has no place for a label", () => {
    expect(() => outputOf("a.csv", "out.txt")).toThrow(/^output must end in .csv, .tsv, .jsonl or .parquet, because/)
  })

  it("the input, under whatever name - option_invalid", () => {
    const input = folder.write("a.csv", "text\n")
    const written = `output must not be written over ${input}; got`
    expect(() => outputOf("a.csv", input)).toThrow(invalid(`${written} ${JSON.stringify(input)}`))
    linkSync(input, folder.at("b.csv"))
    expect(() => outputOf("a.csv", folder.at("b.csv"))).toThrow(written)
    linkSync(input, folder.at("c.csv.errors.jsonl"))
    expect(() => outputOf("a.csv", folder.at("c.csv"))).toThrow(written)
  })

  it("no folder - option_invalid", () => {
    folder.write("file", "")
    for (const path of ["nowhere/out.csv", "file/out.csv", "file/sub/out.csv"])
      expect(() => outputOf("a.csv", folder.at(path))).toThrow(
        invalid(`output must lie in a folder that exists; got ${JSON.stringify(folder.at(path))}`),
      )
  })

  it("what is no file - option_invalid", () => {
    mkdirSync(folder.at("sub"))
    expect(() => outputOf("a.csv", folder.at("sub"))).toThrow(/^output must be a file, or - for standard output/)
  })
})

describe("resolveReport", () => {
  it("input and output, and what lies beside the output - option_invalid", () => {
    const input = resolveInput(folder.write("a.csv", ""), undefined)
    const output = resolveOutput(input, undefined, undefined)
    for (const path of [input.path, output.path, output.errors, output.manifest])
      expect(() => resolveReport(path, input, output)).toThrow(/^report must not be written over/)
    expect(() => resolveReport(folder.at("nowhere/r.html"), input, output)).toThrow(/^report must lie in a folder/)
    expect(resolveReport(folder.at("r.html"), input, output)).toBe(folder.at("r.html"))
  })
})
