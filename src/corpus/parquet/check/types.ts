import type { SchemaElement } from "hyparquet"

const texts = ["BYTE_ARRAY"]
const decimals = ["INT32", "INT64", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"]
const [int32, int64, fixed] = [["INT32"], ["INT64"], ["FIXED_LEN_BYTE_ARRAY"]]

/** How the values of each converted type are stored, as Parquet's LogicalTypes.md says. */
const storedByConverted: Readonly<Record<string, readonly string[]>> = {
  UTF8: texts,
  ENUM: texts,
  JSON: texts,
  BSON: texts,
  DECIMAL: decimals,
  DATE: int32,
  TIME_MILLIS: int32,
  TIME_MICROS: int64,
  TIMESTAMP_MILLIS: int64,
  TIMESTAMP_MICROS: int64,
  UINT_8: int32,
  UINT_16: int32,
  UINT_32: int32,
  UINT_64: int64,
  INT_8: int32,
  INT_16: int32,
  INT_32: int32,
  INT_64: int64,
  INTERVAL: fixed,
}

const storedByLogical: Readonly<Record<string, readonly string[]>> = {
  STRING: texts,
  ENUM: texts,
  JSON: texts,
  BSON: texts,
  DECIMAL: decimals,
  DATE: int32,
  TIME: [...int32, ...int64],
  TIMESTAMP: int64,
  INTEGER: [...int32, ...int64],
  UUID: fixed,
  FLOAT16: fixed,
}

/**
 * Checks that what the values of a column mean fits how they are stored: a text cannot be a time.
 *
 * @throws Error
 */
export function checkType({ name, type, converted_type: converted, logical_type: logical }: SchemaElement): void {
  if (type === undefined) return
  const meanings = [
    [converted, storedByConverted[converted ?? ""]],
    [logical?.type, storedByLogical[logical?.type ?? ""]],
  ] as const
  for (const [meaning, stored] of meanings)
    if (stored !== undefined && !stored.includes(type))
      throw new Error(`column ${name} must be stored as ${stored.join(" or ")} to be ${meaning}; got ${type}`)
}
