import type { FileHandle } from "node:fs/promises"
import { Readable } from "node:stream"
import type { ThriftStruct } from "hyparquet-writer/src/thrift.js"
import { replaceFileBy } from "../../files/replace-file.ts"
import { readBlocks } from "../bytes/read-blocks.ts"
import { RecordSplitter } from "../records/split-records.ts"
import { FileSink } from "../write/sink.ts"
import { arrowSchemaKey, extendArrowSchema } from "./arrow-schema.ts"
import { type ColumnPart, ColumnValues, type WrittenColumn } from "./column-part.ts"
import {
  chunksOf,
  extentOf,
  fields,
  footerBytes,
  groupsOf,
  openParquetFile,
  parquetMagic,
  readBytes,
} from "./footer.ts"
import { joinFooters, movedChunk, type NewGroup } from "./join-columns.ts"
import { fieldOf, withField, withoutFields } from "./thrift-struct.ts"

/** A row group of an input that is no Parquet ends when it has this many rows, or this many characters of them. */
const groupRows = 50_000
const groupCharacters = 32 * 1024 * 1024

const blockBytes = 1024 * 1024

/** The parts of a Parquet file. */
export interface ParquetSource {
  /** A file of rows: one JSON array of the columns' values a line. */
  readonly rows: string
  readonly columns: readonly WrittenColumn[]
  /** The Parquet file whose columns are copied, byte by byte, before these; each of its rows has a line. */
  readonly copied: string | undefined
}

/**
 * Writes a Parquet file at once: after a crash there is a whole one, or none, unless only the file that is there can be written
 * to. One row group of it is in memory at a time.
 *
 * @param beforeRename - called when it is written, before it gets its name
 * @returns its bytes
 * @throws ValenceError `output_failed`, `input_invalid`; what `beforeRename` throws
 */
export async function writeParquet(
  path: string,
  source: ParquetSource,
  beforeRename: () => Promise<void> = async () => {},
): Promise<number> {
  const write = async (file: FileHandle) => {
    const out = new FileSink(path, file, 0)
    await out.writeBytes(parquetMagic)
    await (source.copied === undefined ? writeRows(out, source) : writeBeside(out, source, source.copied))
    return out.bytes
  }
  return replaceFileBy(path, write, { beforeRename })
}

async function writeRows(out: FileSink, { rows, columns }: ParquetSource): Promise<void> {
  const values = new ColumnValues(columns)
  const groups: NewGroup[] = []
  let characters = 0
  for await (const line of linesOf(rows)) {
    values.push(line)
    characters += line.length
    if (values.rows < groupRows && characters < groupCharacters) continue
    groups.push(await writeGroup(out, [partOf(values.take())]))
    characters = 0
  }
  const last = values.take()
  if (groupsOf(last.footer).length > 0) groups.push(await writeGroup(out, [partOf(last)]))
  await out.writeBytes(footerBytes(joinFooters([last.footer], groups)))
}

async function writeBeside(out: FileSink, { rows, columns }: ParquetSource, copied: string): Promise<void> {
  const { file, footer } = await openParquetFile(copied)
  try {
    const values = new ColumnValues(columns)
    const groups: NewGroup[] = []
    const lines = linesOf(rows)
    for (const group of groupsOf(footer)) {
      const wanted = Number(fieldOf<bigint>(group, fields.group.rows))
      while (values.rows < wanted) {
        const { value, done } = await lines.next()
        if (done) throw new Error(`the file of rows must have a line for each row of ${copied}`)
        values.push(value)
      }
      // Of no rows there are no pages to add.
      if (wanted === 0) continue
      const copies = { group, read: (from: number, bytes: number) => readBlocksOf(file, from, bytes) }
      groups.push(await writeGroup(out, [copies, partOf(values.take())]))
    }
    await lines.return(undefined)
    const { footer: beside } = new ColumnValues(columns).take()
    await out.writeBytes(footerBytes(withArrowSchema(joinFooters([footer, beside], groups), footer, columns)))
  } finally {
    await file.close()
  }
}

/** Arrow's own schema has to know the new columns too: a reader that finds it and the file's at odds drops or refuses it. */
function withArrowSchema(joined: ThriftStruct, before: ThriftStruct, columns: readonly WrittenColumn[]): ThriftStruct {
  const { file, element, keyValue } = fields
  const [root] = fieldOf<ThriftStruct[]>(before, file.schema) as ThriftStruct[]
  const width = fieldOf<number>(root as ThriftStruct, element.children) ?? 0
  const keyValues = (fieldOf<ThriftStruct[]>(joined, file.keyValues) ?? []).flatMap(pair => {
    const [key, value] = [keyValue.key, keyValue.value].map(id =>
      Buffer.from(fieldOf<Uint8Array>(pair, id) ?? []).toString(),
    )
    if (key !== arrowSchemaKey) return [pair]
    const extended = extendArrowSchema(value ?? "", width, columns)
    return extended === undefined ? [] : [withField(pair, keyValue.value, "binary", extended)]
  })
  if (keyValues.length === 0) return withoutFields(joined, file.keyValues)
  return withField(joined, file.keyValues, "list", keyValues)
}

/** Columns of a row group, and how their bytes are had. */
interface GroupPart {
  readonly group: ThriftStruct
  read(from: number, bytes: number): AsyncIterable<Uint8Array>
}

function partOf({ bytes, footer }: ColumnPart): GroupPart {
  const [group] = groupsOf(footer)
  return {
    group: group as ThriftStruct,
    async *read(from, length) {
      yield bytes.subarray(from, from + length)
    },
  }
}

async function* readBlocksOf(file: FileHandle, from: number, bytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes; at += blockBytes)
    yield await readBytes(file, from + at, Math.min(blockBytes, bytes - at))
}

/** Puts the columns of all parts after each other. */
async function writeGroup(out: FileSink, parts: readonly GroupPart[]): Promise<NewGroup> {
  const from = out.bytes
  const chunks: ThriftStruct[] = []
  for (const { group, read } of parts)
    for (const chunk of chunksOf(group)) {
      const extent = extentOf(chunk)
      chunks.push(movedChunk(chunk, out.bytes - extent.from))
      for await (const block of read(extent.from, extent.bytes))
        await out.writeBytes(Buffer.from(block.buffer, block.byteOffset, block.length))
    }
  return { groups: parts.map(({ group }) => group), chunks, from, bytes: out.bytes - from }
}

async function* linesOf(path: string): AsyncGenerator<string, undefined> {
  const splitter = new RecordSplitter({ delimiter: undefined, maxRowBytes: Infinity }, 0, 1)
  const input = { path, format: "jsonl", compression: undefined } as const
  for await (const block of readBlocks(input, 0, Readable.from([]))) {
    const { buffer, records } = splitter.push(block)
    for (const { from, to } of records) yield buffer.toString("utf8", from, to)
  }
  return undefined
}
