import { linkSync, mkdirSync } from "node:fs"
import { gzipSync } from "node:zlib"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { isSeveral } from "../../../src/corpus/files/find-inputs.ts"
import { resolveInput, resolveOutput, resolveReport } from "../../../src/corpus/files/resolve-files.ts"
import type { OutputFormat } from "../../../src/corpus/formats.ts"
import { TemporaryFolder } from "../temporary-folder.ts"

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

  it.each([
    ["book.xlsx", "PK\x03\x04", "is a spreadsheet: save it as CSV (UTF-8)"],
    ["letter.docx", "PK\x03\x04", "is a document: save it as plain text"],
    ["data.db", "SQLite format 3\0", "is an SQLite database: export its table as CSV"],
  ])("%s, of no known extension - input_invalid, with what to do", (name, content, message) => {
    const path = folder.write(name, content)
    expect(() => resolveInput(path, undefined)).toThrow(`input ${path} ${message}`)
  })

  it("Parquet that is compressed as a whole, or comes through a pipe - option_invalid", () => {
    expect(() => resolveInput(folder.write("a.parquet.gz", ""), undefined)).toThrow(
      /^input must be a .parquet file: Parquet compresses its own pages; got ".*a.parquet.gz"/,
    )
    expect(() => resolveInput("-", "parquet")).toThrow(
      invalid("format must be csv, tsv, jsonl or text for standard input: Parquet is read from its end"),
    )
    expect(() => outputOf("a.csv", "-", "parquet")).toThrow(
      invalid('output must be a .parquet file: Parquet cannot be written to standard output; got "-"'),
    )
  })

  it.each([
    ["gzip under a plain name", "a.csv", gzipSync("text\n"), "gzip"],
    ["Zstandard under the name of gzip", "a.csv.gz", Buffer.from("28b52ffd", "hex"), "zstd"],
    ["a skippable frame first", "a.csv.zst", Buffer.from("502a4d1800000000", "hex"), "zstd"],
    ["an archive under a plain name", "a.csv", Buffer.from("PK\x03\x04"), "zip"],
  ])("%s - read as what it is, and written under its name", (_, name, content, compression) => {
    const path = folder.write(name, content)
    expect(resolveInput(path, undefined)).toEqual({ path, format: "csv", compression })
    expect(resolveOutput(resolveInput(path, undefined), undefined, undefined).compression).toBe(
      name.endsWith(".gz") ? "gzip" : name.endsWith(".zst") ? "zstd" : undefined,
    )
  })

  it.each([
    ["a.csv", "PAR1", "is a Parquet file: give --format parquet"],
    ["a.csv", "BZh91AY&SY", "is a bzip2 file: pipe it in: bzip2 -dc .* | valence label - --format csv"],
    ["a.txt", "\xfd7zXZ\0", "is an xz file: pipe it in: xz -dc .* | valence label - --format text"],
    ["a.csv", "%PDF-1.7", "is a PDF document"],
    ["a.csv", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is an old Excel or Word file: save it as CSV"],
    ["a.csv", `${"\0".repeat(257)}ustar\x0000`, "is a tar archive"],
    ["a.parquet", "\x1f\x8b\x08", "is a gzip file"],
    ["a.parquet", "PK\x03\x04", "is a ZIP archive"],
    ["a.csv.gz", "id,text\n", "is not compressed, as its name says: rename it to a.csv, if it is plain text"],
    ["a.csv.zip", "id,text\n", "rename it to a.csv"],
  ])("%s that begins with %j - input_invalid, with what it is", (name, content, message) => {
    const path = folder.write(name, Buffer.from(content, "latin1"))
    expect(() => resolveInput(path, undefined)).toThrow(
      expect.objectContaining({ code: "input_invalid", message: expect.stringMatching(message) }),
    )
  })

  it.each([
    ["s3://bucket/a.csv", "aws s3 cp 's3://bucket/a.csv' - | valence label - --format csv"],
    ["https://example.com/*.csv", "curl -fsSL 'https://example.com/*.csv' | valence label"],
    ["gs://bucket/a.csv", "gcloud storage cat 'gs://bucket/a.csv' | valence label"],
    ["file:///a.csv", "input must be a path, not a URL"],
  ])("%s - input_invalid, with the command that reads it", (url, message) => {
    expect(() => resolveInput(url, undefined)).toThrow(
      expect.objectContaining({ code: "input_invalid", message: expect.stringContaining(message) }),
    )
    expect(isSeveral(url)).toBe(false)
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
    ["a.csv.zip", undefined, "a.labelled.csv"],
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
        invalid(`output must be in a folder that exists; got ${JSON.stringify(folder.at(path))}`),
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
    expect(() => resolveReport(folder.at("nowhere/r.html"), input, output)).toThrow(/^report must be in a folder/)
    expect(resolveReport(folder.at("r.html"), input, output)).toBe(folder.at("r.html"))
  })
})
