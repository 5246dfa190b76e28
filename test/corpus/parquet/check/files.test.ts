import { readFileSync } from "node:fs"
import { crc32 } from "node:zlib"
import { parquetMetadata } from "hyparquet"
import type { ThriftStruct } from "hyparquet-writer/src/thrift.js"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { resolveInput } from "../../../../src/corpus/files/resolve-files.ts"
import { readOptions } from "../../../../src/corpus/options.ts"
import { fields, footerBytes, groupsOf } from "../../../../src/corpus/parquet/footer.ts"
import {
  fieldOf,
  readStruct,
  readStructAt,
  wholeNumberOf,
  withField,
  writeStruct,
} from "../../../../src/corpus/parquet/thrift-struct.ts"
import { openRows } from "../../../../src/corpus/read/open-rows.ts"
import { completeOptions } from "../../../../src/declaration.ts"
import { ValenceError } from "../../../../src/errors.ts"
import { pageBodies } from "../../fuzz/page-bodies.ts"
import { TemporaryFolder } from "../../temporary-folder.ts"

const files = new URL("../files/", import.meta.url).pathname
const valid = (name: string) => readFileSync(`${files}${name}`)

let folder: TemporaryFolder
beforeEach(() => {
  folder = new TemporaryFolder()
})
afterEach(() => folder[Symbol.dispose]())

/** The texts of a Parquet file, or why it is refused. */
async function read(bytes: Buffer): Promise<readonly string[] | string> {
  try {
    const input = resolveInput(folder.write("in.parquet", bytes), undefined)
    const rows = await openRows(input, completeOptions(readOptions, {}), process.stdin, "text")
    try {
      const texts: string[] = []
      for await (const batch of rows.rows())
        for (const row of batch) texts.push(row.problem === undefined ? row.text : row.problem)
      return texts
    } finally {
      await rows.close()
    }
  } catch (error) {
    if (error instanceof ValenceError) return error.message
    throw error
  }
}

const footerFrom = (bytes: Buffer) => bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8)

/** A file with another footer. */
function withFooter(bytes: Buffer, change: (footer: ThriftStruct) => ThriftStruct): Buffer {
  const from = footerFrom(bytes)
  const footer = readStruct(new Uint8Array(bytes.subarray(from, bytes.length - 8)))
  return Buffer.concat([bytes.subarray(0, from), footerBytes(change(footer))])
}

const inGroup = (change: (group: ThriftStruct) => ThriftStruct) => (footer: ThriftStruct) => {
  const [first, ...others] = groupsOf(footer) as [ThriftStruct]
  return withField(footer, fields.file.groups, "list", [change(first), ...others])
}

const inColumn = (at: number, change: (meta: ThriftStruct) => ThriftStruct) =>
  inGroup(group => {
    const chunks = [...(fieldOf<ThriftStruct[]>(group, fields.group.columns) as ThriftStruct[])]
    const chunk = chunks[at] as ThriftStruct
    const meta = change(fieldOf<ThriftStruct>(chunk, fields.chunk.meta) as ThriftStruct)
    chunks[at] = withField(chunk, fields.chunk.meta, "struct", meta)
    return withField(group, fields.group.columns, "list", chunks)
  })

const inElement = (at: number, change: (element: ThriftStruct) => ThriftStruct) => (footer: ThriftStruct) => {
  const elements = [...(fieldOf<ThriftStruct[]>(footer, fields.file.schema) as ThriftStruct[])]
  elements[at] = change(elements[at] as ThriftStruct)
  return withField(footer, fields.file.schema, "list", elements)
}

/** The rows of the first group, and the fields of a column that are changed here. */
const meta = { values: 5, dataPage: 9 } as const

describe("a Parquet file whose footer was changed", () => {
  const file = valid("duckdb-none.parquet")
  const rows = Number(parquetMetadata(new Uint8Array(file).buffer).num_rows)

  it.each([
    ["other rows", (footer: ThriftStruct) => withField(footer, fields.file.rows, "i64", 3n), "the 3 rows that it says"],
    [
      "no rows",
      (footer: ThriftStruct) => withField(footer, fields.file.rows, "i64", -1n),
      "the number of rows must be a whole number, 0 or more; got -1",
    ],
    [
      "other rows of a row group",
      inGroup(group => withField(group, fields.group.rows, "i64", 2n)),
      "must have a value for each of 2 rows",
    ],
    ["other values of a column", inColumn(0, column => withField(column, meta.values, "i64", 1n)), "rows; got 1"],
    ["the place of another column", inColumn(0, column => withField(column, meta.dataPage, "i64", 5n)), "must"],
    [
      "a column that goes on behind the file",
      inColumn(0, column => withField(column, fields.meta.compressedBytes, "i64", 10_000_000n)),
      "must be within the file",
    ],
    [
      "no columns",
      inGroup(group => withField(group, fields.group.columns, "list", [])),
      "columns of the schema; got 0",
    ],
    [
      "a text that is a decimal",
      inElement(1, element => withField(element, 6, "i32", 5)),
      'column must hold strings; "review" is decimal',
    ],
    [
      "a text that is a time",
      inElement(1, element => withField(element, 6, "i32", 9)),
      "column review must be stored as INT64 to be TIMESTAMP_MILLIS; got BYTE_ARRAY",
    ],
    [
      "a schema that counts more columns than it has",
      (footer: ThriftStruct) => {
        const [root, ...elements] = fieldOf<ThriftStruct[]>(footer, fields.file.schema) as [ThriftStruct]
        const larger = withField(root, fields.element.children, "i32", 1_000_000)
        return withField(footer, fields.file.schema, "list", [larger, ...elements])
      },
      "its schema must have all the columns that it counts",
    ],
  ])("%s - refused", async (_, change, why) => {
    expect((await read(file)).length).toBe(rows)
    expect(await read(withFooter(file, change))).toContain(why)
  })
})

describe("a Parquet file one of whose pages was changed", () => {
  it("a checksum that does not match - refused, and one that does is read", async () => {
    const file = valid("duckdb-none.parquet")
    const [body] = pageBodies(file, "review") as [{ from: number; to: number }]
    const chunk = parquetMetadata(new Uint8Array(file).buffer).row_groups[0]?.columns[0]?.meta_data
    const at = Number(chunk?.dictionary_page_offset || chunk?.data_page_offset)
    const { struct, end } = readStructAt(new Uint8Array(file), at)
    expect(end).toBe(body.from)
    const checksum = crc32(file.subarray(body.from, body.to)) | 0
    const withChecksum = (value: number) => {
      const header = Buffer.from(writeStruct(withField(struct, 4, "i32", value)))
      const moved = header.length - (end - at)
      const grown = Buffer.concat([file.subarray(0, at), header, file.subarray(end)])
      return withFooter(grown, footer => movedBy(footer, at, moved))
    }
    expect(await read(withChecksum(checksum))).toEqual(await read(file))
    expect(await read(withChecksum(checksum ^ 1))).toContain("it does not match its checksum")
  })

  it.each(["duckdb-none.parquet", "pyarrow-snappy.parquet", "duckdb-zstd.parquet", "pyarrow-zstd-v2.parquet"])(
    "%s, a bit of a page header - refused, or the same texts",
    async name => {
      const file = valid(name)
      const texts = await read(file)
      for (const { from } of pageBodies(file, "review"))
        for (let at = headerFrom(file, from); at < from; at++)
          for (const bit of [0, 3, 6]) {
            const end = await read(flipped(file, at, bit))
            if (typeof end !== "string") expect(end).toEqual(texts)
          }
    },
  )

  it("a footer that ends before its bytes do - refused", async () => {
    const file = valid("duckdb-none.parquet")
    const from = footerFrom(file)
    const [footer, tail] = [file.subarray(from, -8), Buffer.from(file.subarray(-8))]
    tail.writeUInt32LE(footer.length + 1, 0)
    const longer = Buffer.concat([file.subarray(0, from), footer, Buffer.from([1]), tail])
    expect(await read(longer)).toContain(`must have ${footer.length + 1} bytes; it ends after ${footer.length}`)
  })

  it("a bit of the footer - refused, or the same texts", async () => {
    const file = valid("duckdb-none.parquet")
    const texts = await read(file)
    for (let at = footerFrom(file); at < file.length; at += 3) {
      const end = await read(flipped(file, at, at % 8))
      if (typeof end !== "string") expect(end).toEqual(texts)
    }
  })
})

/** A footer of a file into whose first column bytes were put. */
function movedBy(footer: ThriftStruct, at: number, by: number): ThriftStruct {
  const groups = groupsOf(footer).map(group => {
    const chunks = (fieldOf<ThriftStruct[]>(group, fields.group.columns) as ThriftStruct[]).map(chunk => {
      let column = fieldOf<ThriftStruct>(chunk, fields.chunk.meta) as ThriftStruct
      const { dataPage, dictionaryPage, compressedBytes } = fields.meta
      const begins = [dataPage, dictionaryPage].some(id => wholeNumberOf(column, id) === at)
      for (const id of [dataPage, dictionaryPage]) {
        const place = wholeNumberOf(column, id) ?? 0
        if (place > at) column = withField(column, id, "i64", BigInt(place + by))
      }
      if (begins) {
        const bytes = wholeNumberOf(column, compressedBytes) as number
        column = withField(column, compressedBytes, "i64", BigInt(bytes + by))
      }
      return withField(chunk, fields.chunk.meta, "struct", column)
    })
    return withField(group, fields.group.columns, "list", chunks)
  })
  return withField(footer, fields.file.groups, "list", groups)
}

/** Where the header of a page begins whose body begins at a place: after another body, or at the begin of the column. */
function headerFrom(file: Buffer, body: number): number {
  for (let at = body - 1; at >= 4; at--) {
    try {
      if (readStructAt(new Uint8Array(file), at).end === body && file[at] === 0x15) return at
    } catch {}
  }
  return body
}

function flipped(file: Buffer, at: number, bit: number): Buffer {
  const changed = Buffer.from(file)
  changed.writeUInt8((changed[at] as number) ^ (1 << bit), at)
  return changed
}
