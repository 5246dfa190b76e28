import { readdirSync, readFileSync } from "node:fs"
import { parquetMetadata, parquetRead, parquetReadObjects, type SchemaElement } from "hyparquet"
import { compressors } from "hyparquet-compressors"
import { parquetWriteBuffer } from "hyparquet-writer"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { labelCorpus } from "../../../src/corpus/label-corpus.ts"
import type { CorpusOptions } from "../../../src/corpus/options.ts"
import { plainLabeller } from "../plain-labeller.ts"
import { TemporaryFolder } from "../temporary-folder.ts"

/** Made by `parquet-peers.py`, which says by which library and how. */
const files = new URL("files/", import.meta.url).pathname

let folder: TemporaryFolder
beforeEach(() => {
  folder = new TemporaryFolder()
})
afterEach(() => folder[Symbol.dispose]())

const options: CorpusOptions = { chunkTexts: 3, checkpointMs: 0 }

function label(input: string, output: string, more: CorpusOptions = {}) {
  const path = input.startsWith("/") ? input : folder.at(input)
  return labelCorpus({
    input: path,
    output: folder.at(output),
    labeller: plainLabeller(),
    options: { ...options, ...more },
  })
}

const bufferOf = (path: string) => new Uint8Array(readFileSync(path)).buffer
const readRows = async (path: string) => {
  let rows: unknown[][] = []
  await parquetRead({ file: bufferOf(path), compressors, rowFormat: "array", onComplete: read => (rows = read) })
  return rows
}
const readObjects = (path: string) => parquetReadObjects({ file: bufferOf(path), compressors })

describe("labelCorpus, Parquet to Parquet", () => {
  it.each(readdirSync(files))(
    "%s - has its columns, types and row groups, and the added columns behind",
    async name => {
      await label(`${files}${name}`, "out.parquet", { tokens: true, truncated: true })
      const [before, after] = [
        parquetMetadata(bufferOf(files + name)),
        parquetMetadata(bufferOf(folder.at("out.parquet"))),
      ]
      expect(after.schema.slice(1, before.schema.length)).toEqual(before.schema.slice(1))
      expect(after.schema.slice(before.schema.length).map(({ type }) => type)).toEqual([
        "BYTE_ARRAY",
        "DOUBLE",
        "INT64",
        "BOOLEAN",
      ])
      expect(after.row_groups.map(group => group.num_rows)).toEqual(before.row_groups.map(group => group.num_rows))
      const [rows, labelled] = [await readObjects(files + name), await readObjects(folder.at("out.parquet"))]
      const columns = Object.keys(rows[0] ?? {})
      expect(labelled.map(row => Object.fromEntries(columns.map(column => [column, row[column]])))).toEqual(rows)
      for (const row of labelled) {
        const [labelOf, tokens] = Object.keys(row)
          .slice(columns.length, columns.length + 3)
          .filter((_, at) => at !== 1)
        expect(row[tokens as string]).toBe(row["review"] ? BigInt(row["review"].length) : null)
        expect(row[labelOf as string] == null).toBe(!row["review"])
      }
    },
  )

  it("a row whose text is null or blank - keeps its place without a label, and is listed if empty is error", async () => {
    const counts = { rows: 7, labelled: 5 }
    const input = `${files}pyarrow-snappy.parquet`
    expect(await label(input, "out.parquet")).toMatchObject({ ...counts, failed: 0, empty: 2 })
    const skipped = await readObjects(folder.at("out.parquet"))
    const options = { empty: "error", force: true } as const
    expect(await label(input, "out.parquet", options)).toMatchObject({ ...counts, failed: 2, empty: 0 })
    expect(await readObjects(folder.at("out.parquet"))).toEqual(skipped)
    expect(skipped.filter(row => row["label"] === null).map(row => row["review"])).toEqual([null, ""])
    expect(folder.lines("out.parquet.errors.jsonl")).toMatchObject([
      { line: 3, row: 3, code: "text_empty" },
      { line: 6, row: 6, code: "text_empty" },
    ])
  })

  it("the text in a struct - by its path, and all columns as they are", async () => {
    const input = `${files}pyarrow-snappy.parquet`
    const schema = parquetMetadata(bufferOf(input)).schema.map(({ name }) => name)
    expect(schema.length).toBeGreaterThan(0)
    folder.write("nested.parquet", structFile())
    expect(await label("nested.parquet", "out.parquet", { column: "post.body" })).toMatchObject({
      column: "post.body",
      labelled: 2,
      empty: 2,
    })
    expect(await readObjects(folder.at("out.parquet"))).toMatchObject([
      { post: { body: "ab", id: 1 }, label: "POSITIVE" },
      { post: { body: null, id: 2 }, label: null },
      { label: null },
      { post: { body: "abc", id: 4 }, label: "NEGATIVE" },
    ])
    await expect(label("nested.parquet", "other.parquet", { column: "post.id" })).rejects.toMatchObject({
      message: 'column must hold strings; "post.id" is INT32',
    })
    await expect(label("nested.parquet", "other.parquet", { column: "post" })).rejects.toMatchObject({
      message: 'column must hold strings; "post" is nested',
    })
  })

  it("no rows - a file with the columns and no rows", async () => {
    const columnData = [{ name: "text", data: [], type: "STRING" as const }]
    folder.write("in.parquet", new Uint8Array(parquetWriteBuffer({ columnData })))
    expect(await label("in.parquet", "out.parquet")).toMatchObject({ rows: 0 })
    const { num_rows: rows, schema } = parquetMetadata(bufferOf(folder.at("out.parquet")))
    expect([rows, schema.map(({ name }) => name)]).toEqual([0n, ["root", "text", "label", "score"]])
  })

  it("done - leaves the output, its list of errors and its manifest alone", async () => {
    await label(`${files}pyarrow-snappy.parquet`, "out.parquet")
    const names = ["out.parquet", "out.parquet.manifest.json"]
    expect(folder.names()).toEqual(names)
    const written = folder.bytes("out.parquet")
    expect(await label(`${files}pyarrow-snappy.parquet`, "out.parquet")).toMatchObject({ alreadyDone: true, rows: 7 })
    expect(folder.names()).toEqual(names)
    expect(folder.bytes("out.parquet")).toEqual(written)
  })
})

/** A file whose texts are in a struct. */
function structFile(): Uint8Array {
  const schema: SchemaElement[] = [
    { name: "root", num_children: 1 },
    { name: "post", repetition_type: "OPTIONAL", num_children: 2 },
    { name: "body", type: "BYTE_ARRAY", repetition_type: "OPTIONAL", converted_type: "UTF8" },
    { name: "id", type: "INT32", repetition_type: "OPTIONAL" },
  ]
  const data = [{ body: "ab", id: 1 }, { body: null, id: 2 }, null, { body: "abc", id: 4 }]
  return new Uint8Array(parquetWriteBuffer({ schema, columnData: [{ name: "post", data }] }))
}

/** A file with two columns of one name, as joins leave it. */
function twinFile(name: string): Uint8Array {
  const columnData = [
    { name, data: ["ab", "cd"], type: "STRING" as const },
    { name: "review", data: ["abc", "e"], type: "STRING" as const },
    { name, data: ["xyz", "vw"], type: "STRING" as const },
  ]
  return new Uint8Array(parquetWriteBuffer({ columnData }))
}

describe("labelCorpus, Parquet with columns of one name", () => {
  it.each([
    ["out.jsonl", '{"a":"ab","review":"abc","a_1":"xyz","label":"NEGATIVE","score":0.53}\n'],
    ["out.csv", "a,review,a_1,label,score\nab,abc,xyz,NEGATIVE,0.53\n"],
  ])("%s - each has its own values, and they are numbered", async (output, beginning) => {
    folder.write("in.parquet", twinFile("a"))
    await label("in.parquet", output)
    expect(folder.read(output).slice(0, beginning.length)).toBe(beginning)
  })

  it("to Parquet - the columns are copied as they are", async () => {
    folder.write("in.parquet", twinFile("a"))
    await label("in.parquet", "out.parquet")
    const names = parquetMetadata(bufferOf(folder.at("out.parquet"))).schema.map(({ name }) => name)
    expect(names.slice(1)).toEqual(["a", "review", "a", "label", "score"])
  })

  it("the text column is one of them - refused, or labelled by its number", async () => {
    folder.write("in.parquet", twinFile("text"))
    const message = 'column must name one column, and columns 1 and 3 are named "text": use column 1, its number'
    await expect(label("in.parquet", "out.jsonl")).rejects.toMatchObject({ code: "option_invalid", message })
    await expect(label("in.parquet", "out.jsonl", { column: "text" })).rejects.toMatchObject({ message })
    expect(await label("in.parquet", "out.jsonl", { column: "3" })).toMatchObject({ column: "text_1" })
    expect(folder.lines("out.jsonl")).toMatchObject([
      { text: "ab", text_1: "xyz", label: "NEGATIVE" },
      { label: "POSITIVE" },
    ])
    await label("in.parquet", "out.parquet", { column: "3" })
    expect((await readRows(folder.at("out.parquet"))).map(row => row[3])).toEqual(["NEGATIVE", "POSITIVE"])
  })
})

describe("labelCorpus, Parquet to lines", () => {
  it("JSON Lines - every type with all of its digits", async () => {
    await label(`${files}pyarrow-snappy.parquet`, "out.jsonl")
    const [first, second] = folder.read("out.jsonl").split("\n")
    expect(first).toBe(
      '{"review":"I love it","id":4611686018427387904,"small":-1,"unsigned":18446744073709551615,"half":0.10000000149011612,' +
        '"real":0.1,"yes":true,"price":0.05,"huge":1000000000000000000000000000.000,"day":"2024-02-29","time":"12:30:15.123456",' +
        '"wall":"2024-02-29T12:30:15.123","at":"2024-02-29T12:30:15.123456Z","exact":"2024-02-29T12:30:15.123456789Z",' +
        '"took":0,"bytes":"/wA=","fixed":"MDEyMw==","kind":"film","tags":["a","b"],"thing":{"name":"x","sizes":[1,2]},' +
        '"map":{"k":1},"label":"NEGATIVE","score":0.59}',
    )
    expect(second).toContain('"price":-1.05')
    expect(second).toContain('"tags":[],"thing":null,"map":{}')
  })

  it("CSV - a cell for each column, empty where it is null", async () => {
    await label(`${files}duckdb-none.parquet`, "out.csv")
    const [header, first] = folder.read("out.csv").split("\n")
    expect(header).toBe("review,id,list,struct,uuid,json,label,score")
    expect(first).toMatch(
      /^I love it,0,"\[0,null\]","\{""a"":0,""b"":""I love it""\}",[0-9a-f-]{36},"\{""a"": 1\}",NEGATIVE,0.59$/,
    )
  })

  it.each(["pandas-gzip.parquet", "duckdb-zstd.parquet", "pandas-int96.parquet"])(
    "%s - the rows that its peers have",
    async name => {
      await label(`${files}${name}`, "out.jsonl")
      const [first] = folder.lines("out.jsonl") as Record<string, unknown>[]
      expect(first).toMatchObject({ review: "I love it", id: 0, score: 0 })
      expect(String(first?.["at"])).toMatch(/^2024-01-01T00:00:00\.0+Z?$/)
    },
  )
})

describe("labelCorpus, lines to Parquet", () => {
  it("CSV - columns of strings", async () => {
    folder.write("in.csv", 'id,text\n1,"a ""b"""\n,cd\nragged\n')
    expect(await label("in.csv", "out.parquet", { tokens: true })).toMatchObject({ labelled: 2, failed: 1 })
    expect(await readObjects(folder.at("out.parquet"))).toEqual([
      { id: "1", text: 'a "b"', label: "NEGATIVE", score: 0.55, tokens: 5n },
      { id: "", text: "cd", label: "POSITIVE", score: 0.52, tokens: 2n },
    ])
  })

  it("JSON Lines - columns of what the first rows hold; a row of other kinds is listed", async () => {
    const rows = [
      '{"text":"a","whole":9223372036854775807,"real":1,"is":true,"any":[1,{"b":2.50}],"none":null}',
      '{"text":"bc","whole":-1,"real":0.5,"is":null,"any":"x","none":null}',
    ]
    folder.write("in.jsonl", `${rows.join("\n")}\n`)
    await label("in.jsonl", "out.parquet")
    expect(await readObjects(folder.at("out.parquet"))).toEqual([
      {
        text: "a",
        whole: 9223372036854775807n,
        real: 1,
        is: true,
        any: '[1,{"b":2.50}]',
        none: null,
        label: "NEGATIVE",
        score: 0.51,
      },
      { text: "bc", whole: -1n, real: 0.5, is: null, any: '"x"', none: null, label: "POSITIVE", score: 0.52 },
    ])
  })

  it("JSON Lines, a later row of another kind, or with another field - is listed", async () => {
    const first = Array.from({ length: 9000 }, (_, row) => `{"text":"a","n":${row}}\n`).join("")
    folder.write("in.jsonl", `${first}{"text":"b","n":1.5}\n{"text":"b","m":1}\n{"text":"b"}\n`)
    expect(await label("in.jsonl", "out.parquet", { chunkTexts: 500 })).toMatchObject({ labelled: 9001, failed: 2 })
    expect(folder.lines("out.parquet.errors.jsonl")).toMatchObject([
      { line: 9001, reason: 'field "n" must be a whole number, as in the first rows: write JSON Lines to keep it' },
      { line: 9002, reason: 'has a field "m", which the first row has not: write JSON Lines to keep it' },
    ])
  })
})

describe("labelCorpus, what is no Parquet", () => {
  it.each([
    ["cut off", (bytes: Buffer) => bytes.subarray(0, -9), "it must end with PAR1; is it cut off?"],
    [
      "with a footer that is longer than it",
      (bytes: Buffer) => bytes.subarray(-8),
      "its footer must be within its 8 bytes",
    ],
    ["something else", () => Buffer.from("text\nhello there\n"), "it must end with PAR1; is it cut off?"],
  ])("%s - input_invalid", async (_, change, message) => {
    folder.write("in.parquet", change(readFileSync(`${files}pyarrow-snappy.parquet`)))
    await expect(label("in.parquet", "out.parquet")).rejects.toMatchObject({
      code: "input_invalid",
      message: expect.stringContaining(message),
    })
  })

  it("pages that are broken - input_invalid, and which column", async () => {
    const bytes = readFileSync(`${files}pyarrow-snappy.parquet`)
    bytes.fill(0xff, 4, 60)
    folder.write("in.parquet", bytes)
    await expect(label("in.parquet", "out.csv")).rejects.toMatchObject({
      code: "input_invalid",
      message: expect.stringMatching(/cannot be read: column "review" of row group 1: /),
    })
  })

  it("a column that holds no text - option_invalid", async () => {
    await expect(label(`${files}pyarrow-snappy.parquet`, "out.csv", { column: "id" })).rejects.toMatchObject({
      code: "option_invalid",
      message: 'column must hold strings; "id" is INT64',
    })
    await expect(label(`${files}pyarrow-snappy.parquet`, "out.csv", { column: "tags" })).rejects.toMatchObject({
      message: 'column must hold strings; "tags" is nested',
    })
  })
})
