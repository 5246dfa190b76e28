import { isUtf8 } from "node:buffer"
import type { FileHandle } from "node:fs/promises"
import {
  type AsyncBuffer,
  type FileMetaData,
  parquetMetadata,
  parquetScan,
  parquetSchema,
  type SchemaElement,
  type SchemaTree,
} from "hyparquet"
import type { ThriftStruct } from "hyparquet-writer/src/thrift.js"
import { asError, ValenceError } from "../../errors.ts"
import { uniqueNames } from "../rows/columns.ts"
import { checkFooter, type Leaf } from "./check/footer.ts"
import { CheckedPages } from "./check/pages.ts"
import { decompressorOf, type PageCompressors, pageCompressors } from "./compressors.ts"
import { chunksOf, extentOf, fields, footerBytes, groupsOf, openParquetFile, readBytes } from "./footer.ts"
import { fieldOf, withField, withoutFields } from "./thrift-struct.ts"

const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

/** Some rows of a Parquet file that are together. */
export interface RowGroup {
  readonly rows: number
  /** Where in the file its first column begins, and how many bytes all of them take. */
  readonly from: number
  readonly bytes: number
  /** The values of a column: strings, bytes if these are not UTF-8, and all else as it is stored. */
  read(column: string): Promise<ArrayLike<unknown>>
}

/** A Parquet file whose row groups can be read one by one. */
export interface RowGroups {
  /** The columns with their types; each has a name of its own. */
  readonly columns: readonly SchemaTree[]
  readonly groups: readonly RowGroup[]
  close(): Promise<void>
}

/**
 * Opens a Parquet file.
 *
 * @param textColumns - chooses what is decoded as text even if the file calls it bytes, of the columns and their names as the file
 * has them
 * @throws ValenceError `input_invalid`
 */
export async function openRowGroups(
  path: string,
  textColumns: (columns: readonly SchemaTree[], names: readonly string[]) => readonly SchemaTree[],
): Promise<RowGroups> {
  const { file, footer, footerFrom } = await openParquetFile(path)
  try {
    const tail = footerBytes(withoutStatistics(footer))
    const read = parquetMetadata(new Uint8Array(tail), { geoparquet: false })
    const leaves = checkFooter(read, footerFrom)
    const names = parquetSchema(read).children.map(({ element }) => element.name)
    const metadata = withUniqueNames(read)
    const columns = parquetSchema(metadata).children
    const texts = new Set(textColumns(columns, names).map(({ element }) => element))
    const stored = { ...metadata, schema: metadata.schema.map(element => asStored(element, texts.has(element))) }
    const buffer = bufferOf(file, (await file.stat()).size)
    const compressors = await pageCompressors()
    const groups = groupsOf(footer).map((group, at): RowGroup => {
      const extents = chunksOf(group).map(extentOf)
      const rows = Number(fieldOf<bigint>(group, fields.group.rows))
      return {
        rows,
        from: Math.min(...extents.map(({ from }) => from)),
        bytes: extents.reduce((sum, { bytes }) => sum + bytes, 0),
        async read(name) {
          try {
            const checked = checkedGroup(stored.row_groups[at] as Group, leaves, name, compressors)
            for (const { pages, from, bytes } of checked.columns) pages.checkHeaders(await readBytes(file, from, bytes))
            const { readColumn } = await parquetScan({ ...reading(buffer), ...checked.scan(stored) })
            const values = await readColumn({ column: name, rowStart: 0, rowEnd: rows })
            for (const { pages } of checked.columns) pages.checkEnd()
            if (values.length !== rows) throw new Error(`it must have ${rows} values; got ${values.length}`)
            return values
          } catch (error) {
            const what = `input ${path} cannot be read: column ${JSON.stringify(name)} of row group ${at + 1}`
            throw new ValenceError("input_invalid", `${what}: ${asError(error).message}`, { cause: error })
          }
        },
      }
    })
    return { columns, groups, close: () => file.close() }
  } catch (error) {
    await file.close()
    if (error instanceof ValenceError) throw error
    const message = `input ${path} cannot be read as Parquet: ${asError(error).message}`
    throw new ValenceError("input_invalid", message, { cause: error })
  }
}

type Group = FileMetaData["row_groups"][number]

const reading = (file: AsyncBuffer) => ({
  file,
  parsers: {
    timestampFromNanoseconds: (nanos: bigint) => nanos,
    stringFromBytes: (bytes: Uint8Array) => (bytes && isUtf8(bytes) ? decoder.decode(bytes) : bytes),
  },
  utf8: false,
  useOffsetIndex: false,
})

/** A row group whose pages are checked before the library decodes them: each of its columns has a codec of its own. */
function checkedGroup(group: Group, leaves: readonly Leaf[], name: string, compressors: PageCompressors) {
  const columns: { readonly pages: CheckedPages; readonly from: number; readonly bytes: number }[] = []
  const codecs: Record<string, (page: Uint8Array, length: number) => Uint8Array> = {}
  const chunks = group.columns.map((chunk, at) => {
    const meta = chunk.meta_data
    if (meta?.path_in_schema[0] !== name || group.num_rows === 0n) return chunk
    const from = Number(meta.dictionary_page_offset || meta.data_page_offset)
    const claims = {
      values: Number(meta.num_values),
      rows: Number(group.num_rows),
      dataFrom: Number(meta.data_page_offset) - from,
    }
    const pages = new CheckedPages(leaves[at] as Leaf, claims, decompressorOf(meta.codec, compressors))
    columns.push({ pages, from, bytes: Number(meta.total_compressed_size) })
    codecs[`column ${at}`] = (page, length) => pages.decompress(page, length)
    return { ...chunk, meta_data: { ...meta, codec: `column ${at}` as typeof meta.codec } }
  })
  const scan = (metadata: FileMetaData) => ({
    metadata: { ...metadata, row_groups: [{ ...group, columns: chunks }], num_rows: group.num_rows },
    compressors: codecs,
  })
  return { columns, scan }
}

/** Whether a column may hold texts. */
export function mayHoldText({ element, children }: SchemaTree): boolean {
  const { type, converted_type: converted, logical_type: logical, repetition_type: repetition } = element
  const isDecimal = converted === "DECIMAL" || logical?.type === "DECIMAL"
  return children.length === 0 && type === "BYTE_ARRAY" && repetition !== "REPEATED" && !isDecimal
}

/** The library reads columns by name: where two have the same, it would read the first for both. */
function withUniqueNames(metadata: FileMetaData): FileMetaData {
  const { children } = parquetSchema(metadata)
  const names = uniqueNames(children.map(({ element }) => element.name))
  const schema = [...metadata.schema]
  const nameOfLeaf: string[] = []
  let at = 1
  for (const [column, child] of children.entries()) {
    const name = names[column] as string
    schema[at] = { ...child.element, name }
    at += child.count
    for (let leaf = leavesOf(child); leaf > 0; leaf--) nameOfLeaf.push(name)
  }
  const groups = metadata.row_groups.map(group => ({
    ...group,
    columns: group.columns.map((chunk, leaf) => withName(chunk, nameOfLeaf[leaf] as string)),
  }))
  return { ...metadata, schema, row_groups: groups }
}

function withName<C extends FileMetaData["row_groups"][number]["columns"][number]>(chunk: C, name: string): C {
  const meta = chunk.meta_data
  return meta ? { ...chunk, meta_data: { ...meta, path_in_schema: [name, ...meta.path_in_schema.slice(1)] } } : chunk
}

function leavesOf({ children }: SchemaTree): number {
  return children.length === 0 ? 1 : children.reduce((leaves, child) => leaves + leavesOf(child), 0)
}

/** Statistics are not needed, and may be of types that cannot be read. */
function withoutStatistics(footer: ThriftStruct): ThriftStruct {
  const groups = groupsOf(footer).map(group => {
    const chunks = chunksOf(group).map(chunk => {
      const meta = fieldOf<ThriftStruct>(chunk, fields.chunk.meta) as ThriftStruct
      return withField(chunk, fields.chunk.meta, "struct", withoutFields(meta, fields.meta.statistics))
    })
    return withoutFields(withField(group, fields.group.columns, "list", chunks), fields.group.ordinal)
  })
  return withField(footer, fields.file.groups, "list", groups)
}

/** A schema element by which values are read as they are stored: what they mean is for `jsonOf` to say. */
function asStored(
  { logical_type: logical, converted_type: converted, ...element }: SchemaElement,
  isText: boolean,
): SchemaElement {
  if (element.type === undefined) {
    const nested = converted ?? (logical?.type === "LIST" || logical?.type === "MAP" ? logical.type : undefined)
    return { ...element, ...(nested !== undefined && { converted_type: nested }) }
  }
  const isString =
    ["UTF8", "ENUM", "JSON"].includes(converted ?? "") || ["STRING", "ENUM", "JSON"].includes(logical?.type ?? "")
  return { ...element, ...((isString || isText) && { converted_type: "UTF8" }) }
}

function bufferOf(file: FileHandle, byteLength: number): AsyncBuffer {
  return {
    byteLength,
    slice: async (from, to = byteLength) => (await readBytes(file, from, to - from)).buffer,
  }
}
