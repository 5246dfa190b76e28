import type { SchemaElement, SchemaTree } from "hyparquet"
import { parseFloat16 } from "hyparquet/src/convert.js"
import { isListLike, isMapLike } from "hyparquet/src/schema.js"

/** Makes JSON of a value; every digit of a number is kept. */
export type ToJson = (value: unknown) => string

type Leaf = (value: never) => string

const bytesOf = (value: Uint8Array) => Buffer.from(value.buffer, value.byteOffset, value.length)
const text = (value: unknown) => JSON.stringify(value)

/**
 * How the values of a column become JSON: integers and decimals as numbers with all of their digits, dates, times and
 * timestamps as ISO 8601 writes them, bytes in Base64, lists and structs as they are.
 *
 * @param column - whose values were read as they are stored, strings alone decoded
 */
export function jsonOf(column: SchemaTree): ToJson {
  const inner = column.children.length === 0 ? leafOf(column.element) : nestedOf(column)
  const whole: ToJson = value => (value === null || value === undefined ? "null" : inner(value as never))
  if (column.element.repetition_type !== "REPEATED" || isEntryOfNested(column)) return whole
  return value => `[${(value as unknown[]).map(whole).join(",")}]`
}

/** The repeated child of a list or map has no values of its own. */
const isEntryOfNested = ({ path }: SchemaTree) => path.length > 1

function nestedOf(column: SchemaTree): Leaf {
  const [child] = column.children as [SchemaTree]
  if (isListLike(column)) {
    const element = jsonOf(child.children.length === 1 ? (child.children[0] as SchemaTree) : child)
    return (value: readonly unknown[]) => `[${Array.from(value, element).join(",")}]`
  }
  if (isMapLike(column)) {
    const of = jsonOf(child.children[1] as SchemaTree)
    return (value: object) => object(Object.entries(value).map(([key, entry]) => [key, of(entry)]))
  }
  const members = column.children.map(member => [member.element.name, jsonOf(member)] as const)
  return (value: Readonly<Record<string, unknown>>) => object(members.map(([name, of]) => [name, of(value[name])]))
}

const object = (members: readonly (readonly [string, string])[]) =>
  `{${members.map(([name, json]) => `${text(name)}:${json}`).join(",")}}`

function leafOf(element: SchemaElement): Leaf {
  const { type, converted_type: converted, logical_type: logical } = element
  if (converted === "DECIMAL" || logical?.type === "DECIMAL") {
    const scale = element.scale ?? (logical?.type === "DECIMAL" ? logical.scale : 0)
    return value => decimal(unscaled(value), scale)
  }
  if (converted === "DATE" || logical?.type === "DATE") return (days: number) => text(isoDate(days))
  const ticks = ticksOf(element)
  if (ticks !== undefined && isTime(element)) return value => text(isoTime(BigInt(value), ticks))
  if (ticks !== undefined || type === "INT96")
    return value => text(isoTimestamp(BigInt(value), ticks ?? 9, isUtc(element)))
  if (logical?.type === "UUID") return value => text(uuid(value))
  if (logical?.type === "FLOAT16") return value => real(parseFloat16(value) as number)
  if (type === "FLOAT" || type === "DOUBLE") return real
  if (type === "BYTE_ARRAY" || type === "FIXED_LEN_BYTE_ARRAY")
    return (value: string | Uint8Array) => text(typeof value === "string" ? value : bytesOf(value).toString("base64"))
  const unsigned = converted?.startsWith("UINT_") || (logical?.type === "INTEGER" && !logical.isSigned)
  if (!unsigned) return String
  return (value: number | bigint) => String(typeof value === "bigint" ? BigInt.asUintN(64, value) : value >>> 0)
}

/** JSON has no NaN and no infinity. */
const real = (value: number) => (Number.isFinite(value) ? String(value) : text(String(value)))

function unscaled(value: number | bigint | Uint8Array): bigint {
  if (!(value instanceof Uint8Array)) return BigInt(value)
  const hex = bytesOf(value).toString("hex")
  return hex === "" ? 0n : BigInt.asIntN(8 * value.length, BigInt(`0x${hex}`))
}

function decimal(value: bigint, scale: number): string {
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, "0")
  const whole = digits.slice(0, digits.length - scale)
  return `${value < 0n ? "-" : ""}${whole}${scale > 0 ? `.${digits.slice(-scale)}` : ""}`
}

/** How many digits of a second a time or timestamp has; `undefined` for all else. */
function ticksOf({ converted_type: converted, logical_type: logical }: SchemaElement): 3 | 6 | 9 | undefined {
  const unit = logical?.type === "TIME" || logical?.type === "TIMESTAMP" ? logical.unit : converted
  if (unit?.endsWith("MILLIS")) return 3
  if (unit?.endsWith("MICROS")) return 6
  return unit === "NANOS" ? 9 : undefined
}

const isTime = ({ converted_type: converted, logical_type: logical }: SchemaElement) =>
  logical === undefined ? converted?.startsWith("TIME_") === true : logical.type === "TIME"

/** A timestamp that is none of UTC is a wall clock's, and has no zone. */
const isUtc = ({ type, logical_type: logical }: SchemaElement) =>
  logical?.type === "TIMESTAMP" ? logical.isAdjustedToUTC : type !== "INT96"

const farthestMs = 8_640_000_000_000_000

function isoDate(days: number): string {
  const ms = days * 86_400_000
  return Math.abs(ms) > farthestMs ? `${days} days` : (new Date(ms).toISOString().split("T")[0] as string)
}

function isoTime(value: bigint, digits: number): string {
  const ticks = 10n ** BigInt(digits)
  const ms = Number(value / ticks) * 1000
  if (Math.abs(ms) > farthestMs) return `${value}e-${digits} s`
  return `${new Date(ms).toISOString().slice(11, 19)}.${fraction(value % ticks, digits)}`
}

function isoTimestamp(value: bigint, digits: number, utc: boolean): string {
  const ticks = 10n ** BigInt(digits)
  const rest = ((value % ticks) + ticks) % ticks
  const ms = Number((value - rest) / ticks) * 1000
  if (Math.abs(ms) > farthestMs) return `${value}e-${digits} s`
  const [seconds] = new Date(ms).toISOString().split(".")
  return `${seconds}.${fraction(rest, digits)}${utc ? "Z" : ""}`
}

const fraction = (rest: bigint, digits: number) => String(rest).padStart(digits, "0")

function uuid(value: Uint8Array): string {
  return bytesOf(value)
    .toString("hex")
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")
}
