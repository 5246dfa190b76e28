import { type FileHandle, open } from "node:fs/promises"
import type { ThriftStruct } from "hyparquet-writer/src/thrift.js"
import { asError, ValenceError } from "../../errors.ts"
import { fieldOf, readStructAt, writeStruct } from "./thrift-struct.ts"

/** What a Parquet file begins and ends with. */
export const parquetMagic = Buffer.from("PAR1")

/** After the footer: its length, and the magic. */
const tailBytes = 8

/** The fields of Parquet's structs that are read or written here, by their numbers in parquet.thrift. */
export const fields = {
  file: { schema: 2, rows: 3, groups: 4, keyValues: 5, orders: 7, encryption: 8 },
  element: { children: 5 },
  keyValue: { key: 1, value: 2 },
  group: { columns: 1, bytes: 2, rows: 3, sorting: 4, offset: 5, compressedBytes: 6, ordinal: 7 },
  chunk: { path: 1, offset: 2, meta: 3, indexes: [4, 5, 6, 7], encryption: 8 },
  meta: { compressedBytes: 7, dataPage: 9, indexPage: 10, dictionaryPage: 11, statistics: 12, bloom: [14, 15] },
} as const

/** Reads bytes of a file; fewer only at its end. */
export async function readBytes(file: FileHandle, from: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length)
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, from + done)
    if (bytesRead === 0) return bytes.subarray(0, done)
    done += bytesRead
  }
  return bytes
}

/**
 * Opens a Parquet file and reads its footer.
 *
 * @returns the file, its footer, and where that begins
 * @throws ValenceError `input_invalid` if it cannot be read, is no Parquet file, is encrypted, or is in several files
 */
export async function openParquetFile(
  path: string,
): Promise<{ readonly file: FileHandle; readonly footer: ThriftStruct; readonly footerFrom: number }> {
  let file: FileHandle | undefined
  try {
    file = await open(path)
    const { footer, footerFrom } = await readFooter(file)
    requirePlain(footer)
    return { file, footer, footerFrom }
  } catch (error) {
    await file?.close()
    throw new ValenceError("input_invalid", `input ${path} cannot be read as Parquet: ${asError(error).message}`, {
      cause: error,
    })
  }
}

async function readFooter(file: FileHandle): Promise<{ readonly footer: ThriftStruct; readonly footerFrom: number }> {
  const { size } = await file.stat()
  const tail = Buffer.from(await readBytes(file, Math.max(0, size - tailBytes), tailBytes))
  if (tail.subarray(4).toString() === "PARE") throw new Error("its footer is encrypted")
  if (tail.length < tailBytes || !tail.subarray(4).equals(parquetMagic))
    throw new Error("it must end with PAR1; is it cut off?")
  const length = tail.readUInt32LE(0)
  if (length + tailBytes + parquetMagic.length > size)
    throw new Error(`its footer must be within its ${size} bytes; got ${length}`)
  const footerFrom = size - tailBytes - length
  const { struct: footer, end } = readStructAt(await readBytes(file, footerFrom, length), 0)
  // A footer that is signed has a signature after it.
  const isEncrypted = fieldOf(footer, fields.file.encryption) !== undefined
  if (end !== length && !isEncrypted) throw new Error(`its footer must have ${length} bytes; it ends after ${end}`)
  return { footer, footerFrom }
}

function requirePlain(footer: ThriftStruct): void {
  if (fieldOf(footer, fields.file.encryption) !== undefined) throw new Error("it is encrypted")
  for (const group of groupsOf(footer))
    for (const chunk of chunksOf(group)) {
      if (fieldOf(chunk, fields.chunk.encryption) !== undefined) throw new Error("a column of it is encrypted")
      if (fieldOf(chunk, fields.chunk.path) !== undefined) throw new Error("one of its columns is in another file")
      if (fieldOf(chunk, fields.chunk.meta) === undefined) throw new Error("a column of it is not described")
    }
}

/** The row groups of a footer. */
export function groupsOf(footer: ThriftStruct): readonly ThriftStruct[] {
  return fieldOf(footer, fields.file.groups) ?? []
}

/** The column chunks of a row group. */
export function chunksOf(group: ThriftStruct): readonly ThriftStruct[] {
  return fieldOf(group, fields.group.columns) ?? []
}

/** A number that Thrift holds as 64 bits. */
export function numberOf(struct: ThriftStruct, id: number): number {
  return Number(fieldOf<bigint>(struct, id) ?? 0n)
}

/** Where the pages of a column chunk are in its file. */
export function extentOf(chunk: ThriftStruct): { readonly from: number; readonly bytes: number } {
  const meta = fieldOf<ThriftStruct>(chunk, fields.chunk.meta) as ThriftStruct
  const { dataPage, dictionaryPage, indexPage } = fields.meta
  // Some writers say 0 if there is no dictionary.
  const starts = [dataPage, dictionaryPage, indexPage].map(id => numberOf(meta, id)).filter(start => start > 0)
  return { from: Math.min(...starts), bytes: numberOf(meta, fields.meta.compressedBytes) }
}

/** A footer, its length and the magic, as they end a file. */
export function footerBytes(footer: ThriftStruct): Buffer {
  const bytes = writeStruct(footer)
  const length = Buffer.alloc(4)
  length.writeUInt32LE(bytes.length)
  return Buffer.concat([bytes, length, parquetMagic])
}
