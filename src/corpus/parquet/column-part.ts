import type { SchemaElement } from "hyparquet"
import { ByteWriter, ParquetWriter } from "hyparquet-writer"
import type { ThriftStruct } from "hyparquet-writer/src/thrift.js"
import { type ColumnKind, parquetValue } from "../rows/column-kinds.ts"
import { readStruct } from "./thrift-struct.ts"

/** A column that is written. */
export interface WrittenColumn {
  readonly name: string
  readonly kind: ColumnKind
}

/** Columns of a row group as a small Parquet file of their own. */
export interface ColumnPart {
  readonly bytes: Buffer
  readonly footer: ThriftStruct
}

const logicalString = { converted_type: "UTF8", logical_type: { type: "STRING" } } as const

const elementOf: Readonly<Record<Exclude<ColumnKind, "strings">, Omit<SchemaElement, "name">>> = {
  boolean: { type: "BOOLEAN" },
  int64: { type: "INT64" },
  double: { type: "DOUBLE" },
  string: { type: "BYTE_ARRAY", ...logicalString },
  // Not by Parquet's JSON type: the library would parse it, and lose digits.
  json: { type: "BYTE_ARRAY", ...logicalString },
}

function elementsOf({ name, kind }: WrittenColumn): SchemaElement[] {
  const repetition_type = "OPTIONAL"
  if (kind !== "strings") return [{ name, repetition_type, ...elementOf[kind] }]
  return [
    { name, repetition_type, num_children: 1, converted_type: "LIST", logical_type: { type: "LIST" } },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    { name: "element", repetition_type, type: "BYTE_ARRAY", ...logicalString },
  ]
}

/** Values of columns, collected until they are a row group. */
export class ColumnValues {
  readonly #columns: readonly WrittenColumn[]
  #values: unknown[][]
  /** Labels come again and again: each is kept once. */
  #known = new Map<string, string>()

  constructor(columns: readonly WrittenColumn[]) {
    this.#columns = columns
    this.#values = columns.map(() => [])
  }

  get rows(): number {
    return this.#values[0]?.length ?? 0
  }

  /** Adds a row, as stored in the file of rows. */
  push(line: string): void {
    const row = JSON.parse(line) as unknown[]
    for (const [at, { kind }] of this.#columns.entries())
      (this.#values[at] as unknown[]).push(this.#once(parquetValue(kind, row[at])))
  }

  /** The rows so far, and none of them any more. */
  take(): ColumnPart {
    const writer = new ByteWriter()
    const schema: SchemaElement[] = [{ name: "schema", num_children: this.#columns.length }]
    for (const column of this.#columns) schema.push(...elementsOf(column))
    const parquet = new ParquetWriter({ writer, schema, createdBy: "valence" })
    const columnData = this.#columns.map(({ name }, at) => ({
      name,
      data: this.#values[at] as unknown[],
      offsetIndex: false,
    }))
    if (this.rows > 0) void parquet.write({ columnData, rowGroupSize: this.rows })
    void parquet.finish()
    this.#values = this.#columns.map(() => [])
    this.#known = new Map()
    const bytes = Buffer.from(writer.getBytes())
    const length = bytes.readUInt32LE(bytes.length - 8)
    return { bytes, footer: readStruct(bytes.subarray(bytes.length - 8 - length, bytes.length - 8)) }
  }

  #once(value: unknown): unknown {
    if (typeof value !== "string" || value.length > 64) return value
    const known = this.#known.get(value)
    if (known !== undefined) return known
    if (this.#known.size < 1000) this.#known.set(value, value)
    return value
  }
}
