import { Builder, ByteBuffer } from "flatbuffers"
import type { ColumnKind } from "../rows/column-kinds.ts"
import type { WrittenColumn } from "./column-part.ts"

/** The key under which Arrow keeps in a Parquet file what Parquet has no types for: time zones, durations, dictionaries. */
export const arrowSchemaKey = "ARROW:schema"

/** The members of Arrow's flatbuffers that are read or written, by their places in Schema.fbs and Message.fbs. */
const message = { version: 0, headerType: 1, header: 2 } as const
const schema = { endianness: 0, fields: 1, metadata: 2, features: 3 } as const
const schemaHeader = 1
const types = { int: 2, real: 3, utf8: 5, boolean: 6, list: 12 } as const

/**
 * Arrow's schema of a file with some columns more. The old schema stays as it is, at the end of the new one, which points
 * into it.
 *
 * @param encoded - an encapsulated message in Base64, as stored in the footer of a Parquet file
 * @param before - how many columns the file had
 * @returns `undefined` if it is none, or not one of this many columns
 */
export function extendArrowSchema(
  encoded: string,
  before: number,
  columns: readonly WrittenColumn[],
): string | undefined {
  const bytes = Buffer.from(encoded, "base64")
  const old = bytes.subarray(bytes.readInt32LE(0) === -1 ? 8 : 4)
  const buffer = new ByteBuffer(new Uint8Array(old))
  const root = buffer.readInt32(0)
  const header = memberOf(buffer, root, message.header)
  const fields = header && memberOf(buffer, header, schema.fields)
  if (!header || !fields || buffer.readInt32(fields) !== before) return undefined

  const builder = new Builder(2 * old.length + 1024)
  const length = Math.ceil(old.length / 8) * 8
  builder.prep(8, length)
  for (let at = length - 1; at >= 0; at--) builder.writeInt8(old[at] ?? 0)
  /** Where something of the old schema is, as the builder counts: from the end. */
  const fromEnd = (at: number) => length - at

  const added = columns.map(({ name, kind }) => addField(builder, name, kind))
  builder.startVector(4, before + added.length, 4)
  for (const field of added.toReversed()) builder.addOffset(field)
  for (let at = before - 1; at >= 0; at--) builder.addOffset(fromEnd(buffer.__indirect(fields + 4 + 4 * at)))
  const all = builder.endVector()

  builder.startObject(4)
  const endianness = buffer.__offset(header, 4 + 2 * schema.endianness)
  builder.addFieldInt16(schema.endianness, endianness ? buffer.readInt16(header + endianness) : 0, 0)
  builder.addFieldOffset(schema.fields, all, 0)
  for (const member of [schema.metadata, schema.features]) {
    const at = memberOf(buffer, header, member)
    if (at) builder.addFieldOffset(member, fromEnd(at), 0)
  }
  const extended = builder.endObject()
  builder.startObject(5)
  const version = buffer.__offset(root, 4 + 2 * message.version)
  builder.addFieldInt16(message.version, version ? buffer.readInt16(root + version) : 0, 0)
  builder.addFieldInt8(message.headerType, schemaHeader, 0)
  builder.addFieldOffset(message.header, extended, 0)
  builder.finish(builder.endObject())
  return encapsulate(Buffer.from(builder.asUint8Array()))
}

/** Where a member is that is a table or a vector; 0 if none exists. */
function memberOf(buffer: ByteBuffer, table: number, member: number): number {
  const offset = buffer.__offset(table, 4 + 2 * member)
  return offset ? buffer.__indirect(table + offset) : 0
}

function addField(builder: Builder, name: string, kind: ColumnKind): number {
  const children = kind === "strings" ? [addField(builder, "element", "string")] : []
  builder.startVector(4, children.length, 4)
  for (const child of children) builder.addOffset(child)
  const childVector = builder.endVector()
  const text = builder.createString(name)
  const [type, table] = addType(builder, kind)
  builder.startObject(7)
  builder.addFieldOffset(0, text, 0)
  builder.addFieldInt8(1, 1, 0)
  builder.addFieldInt8(2, type, 0)
  builder.addFieldOffset(3, table, 0)
  builder.addFieldOffset(5, childVector, 0)
  return builder.endObject()
}

function addType(builder: Builder, kind: ColumnKind): [type: number, table: number] {
  builder.startObject(2)
  if (kind === "int64") {
    builder.addFieldInt32(0, 64, 0)
    builder.addFieldInt8(1, 1, 0)
    return [types.int, builder.endObject()]
  }
  if (kind === "double") {
    builder.addFieldInt16(0, 2, 0)
    return [types.real, builder.endObject()]
  }
  const table = builder.endObject()
  return [kind === "boolean" ? types.boolean : kind === "strings" ? types.list : types.utf8, table]
}

/** A message with the length that goes before it. */
function encapsulate(table: Buffer): string {
  const length = Math.ceil(table.length / 8) * 8
  const bytes = Buffer.alloc(8 + length)
  bytes.writeInt32LE(-1, 0)
  bytes.writeInt32LE(length, 4)
  table.copy(bytes, 8)
  return bytes.toString("base64")
}
