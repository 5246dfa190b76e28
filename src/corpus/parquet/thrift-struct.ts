import { readVarInt, readZigZag, readZigZagBigInt } from "hyparquet/src/thrift.js"
import { ByteWriter } from "hyparquet-writer"
import { serializeTCompactProtocol, ThriftStruct } from "hyparquet-writer/src/thrift.js"

/** The types of Thrift's compact protocol that are written here. */
export const thriftType = { i32: 5, i64: 6, binary: 8, list: 9, struct: 12 } as const

type Field = ThriftStruct["fields"][number]
type Value = Field[2]

interface Reader {
  readonly view: DataView
  offset: number
}

/**
 * Reads a struct with the type of every field, known or not, so that it is written again as it was.
 *
 * @throws Error where the bytes are none
 */
export function readStruct(bytes: Uint8Array): ThriftStruct {
  return structAt({ view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 })
}

/** The bytes of a struct. */
export function writeStruct(struct: ThriftStruct): Uint8Array {
  const writer = new ByteWriter()
  serializeTCompactProtocol(writer, struct as unknown as Parameters<typeof serializeTCompactProtocol>[1])
  return writer.getBytes()
}

/** A field's value; `undefined` where the struct has none. */
export function fieldOf<T>(struct: ThriftStruct, id: number): T | undefined {
  return struct.fields.find(([field]) => field === id)?.[2] as T | undefined
}

/** A copy of a struct without some fields. */
export function withoutFields(struct: ThriftStruct, ...ids: readonly number[]): ThriftStruct {
  return new ThriftStruct(struct.fields.filter(([field]) => !ids.includes(field)))
}

/** A copy of a struct in which a field has another value. */
export function withField(
  struct: ThriftStruct,
  id: number,
  type: keyof typeof thriftType,
  value: unknown,
): ThriftStruct {
  const fields: Field[] = [...withoutFields(struct, id).fields, [id, thriftType[type], value as Value]]
  return new ThriftStruct(fields.sort(([a], [b]) => a - b))
}

function structAt(reader: Reader): ThriftStruct {
  const fields: Field[] = []
  let id = 0
  for (;;) {
    const head = reader.view.getUint8(reader.offset++)
    const type = head & 0x0f
    if (type === 0) return new ThriftStruct(fields)
    id = head >> 4 ? id + (head >> 4) : readZigZag(reader)
    fields.push([id, type, type === 1 || type === 2 ? type === 1 : valueAt(reader, type)])
  }
}

function valueAt(reader: Reader, type: number): Value {
  const { view } = reader
  if (type === 3) return view.getInt8(reader.offset++)
  if (type === 4 || type === thriftType.i32) return readZigZag(reader)
  if (type === thriftType.i64) return readZigZagBigInt(reader)
  if (type === 7) return doubleAt(reader)
  if (type === thriftType.binary) return bytesAt(reader, readVarInt(reader))
  if (type === thriftType.list) return listAt(reader)
  if (type === thriftType.struct) return structAt(reader) as unknown as Value
  throw new Error(`a Thrift field must have one of the types that Parquet knows; got ${type}`)
}

function doubleAt(reader: Reader): number {
  reader.offset += 8
  return reader.view.getFloat64(reader.offset - 8, true)
}

function bytesAt(reader: Reader, length: number): Uint8Array {
  const { view, offset } = reader
  if (length < 0 || offset + length > view.byteLength)
    throw new Error(`a Thrift text must lie within its struct; got ${length} bytes`)
  reader.offset += length
  return new Uint8Array(view.buffer, view.byteOffset + offset, length)
}

function listAt(reader: Reader): Value[] {
  const head = reader.view.getUint8(reader.offset++)
  const type = head & 0x0f
  const length = head >> 4 === 15 ? readVarInt(reader) : head >> 4
  const isBoolean = type === 1 || type === 2
  return Array.from({ length }, () => (isBoolean ? reader.view.getUint8(reader.offset++) === 1 : valueAt(reader, type)))
}
