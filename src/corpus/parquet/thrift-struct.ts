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

/** Structs of Parquet are nested less deep. */
const mostDepth = 32

/**
 * Reads a struct with the type of every field, known or not, so that it is written again as it was.
 *
 * @throws Error if the bytes are not a struct
 */
export function readStruct(bytes: Uint8Array): ThriftStruct {
  return readStructAt(bytes, 0).struct
}

/**
 * Reads the struct that begins at an offset.
 *
 * @returns the struct, and the offset of the byte after it
 * @throws Error if none exists
 */
export function readStructAt(
  bytes: Uint8Array,
  offset: number,
): { readonly struct: ThriftStruct; readonly end: number } {
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset }
  const struct = structAt(reader, 1)
  return { struct, end: reader.offset }
}

/** The bytes of a struct. */
export function writeStruct(struct: ThriftStruct): Uint8Array {
  const writer = new ByteWriter()
  serializeTCompactProtocol(writer, struct as unknown as Parameters<typeof serializeTCompactProtocol>[1])
  return writer.getBytes()
}

/** A field's value; `undefined` if the struct has none. */
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

/**
 * A whole number of a struct, of 16, 32 or 64 bits.
 *
 * @returns `undefined` if the struct has none
 * @throws Error if the field is no whole number
 */
export function wholeNumberOf(struct: ThriftStruct, id: number): number | undefined {
  const value = fieldOf<unknown>(struct, id)
  if (value === undefined) return undefined
  const number = typeof value === "bigint" ? Number(value) : value
  if (!Number.isSafeInteger(number)) throw new Error(`Thrift field ${id} must be a whole number`)
  return number as number
}

function structAt(reader: Reader, depth: number): ThriftStruct {
  if (depth > mostDepth) throw new Error(`Thrift structs must be nested at most ${mostDepth} deep`)
  const fields: Field[] = []
  let id = 0
  for (;;) {
    const head = byteAt(reader)
    const type = head & 0x0f
    if (type === 0) return new ThriftStruct(fields)
    id = head >> 4 ? id + (head >> 4) : Number(signed(varintAt(reader, 16)))
    fields.push([id, type, type === 1 || type === 2 ? type === 1 : valueAt(reader, type, depth)])
  }
}

function valueAt(reader: Reader, type: number, depth: number): Value {
  if (type === 3) return (byteAt(reader) << 24) >> 24
  if (type === 4 || type === thriftType.i32) return Number(signed(varintAt(reader, 32)))
  if (type === thriftType.i64) return signed(varintAt(reader, 64))
  if (type === 7) return doubleAt(reader)
  if (type === thriftType.binary) return bytesAt(reader, Number(varintAt(reader, 32)))
  if (type === thriftType.list) return listAt(reader, depth)
  if (type === thriftType.struct) return structAt(reader, depth + 1) as unknown as Value
  throw new Error(`a Thrift field must have one of the types that Parquet knows; got ${type}`)
}

function byteAt(reader: Reader): number {
  if (reader.offset >= reader.view.byteLength) throw new Error("a Thrift struct must end before its bytes end")
  return reader.view.getUint8(reader.offset++)
}

/** A number of at most this many bits, seven a byte, the lowest first. */
function varintAt(reader: Reader, bits: 16 | 32 | 64): bigint {
  let low = 0
  for (let shift = 0; shift < 28; shift += 7) {
    const byte = byteAt(reader)
    low |= (byte & 0x7f) << shift
    if (byte < 0x80) return BigInt(low)
  }
  let value = BigInt(low)
  for (let shift = 28n; ; shift += 7n) {
    const byte = byteAt(reader)
    value |= BigInt(byte & 0x7f) << shift
    if (value >> BigInt(bits) !== 0n) throw new Error(`a Thrift number must have at most ${bits} bits`)
    if (byte < 0x80) return value
    if (shift > 64n) throw new Error("a Thrift number must end")
  }
}

const signed = (zigzag: bigint) => (zigzag >> 1n) ^ -(zigzag & 1n)

function doubleAt(reader: Reader): number {
  reader.offset += 8
  return reader.view.getFloat64(reader.offset - 8, true)
}

function bytesAt(reader: Reader, length: number): Uint8Array {
  const { view, offset } = reader
  if (offset + length > view.byteLength) throw new Error(`a Thrift text must be within its struct; got ${length} bytes`)
  reader.offset += length
  return new Uint8Array(view.buffer, view.byteOffset + offset, length)
}

function listAt(reader: Reader, depth: number): Value[] {
  const head = byteAt(reader)
  const type = head & 0x0f
  const length = head >> 4 === 15 ? Number(varintAt(reader, 32)) : head >> 4
  // Each element has a byte at least.
  if (length > reader.view.byteLength - reader.offset)
    throw new Error(`a Thrift list must be within its struct; got ${length} elements`)
  const isBoolean = type === 1 || type === 2
  return Array.from({ length }, () => (isBoolean ? byteAt(reader) === 1 : valueAt(reader, type, depth)))
}
