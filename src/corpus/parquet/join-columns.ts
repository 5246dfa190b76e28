import type { ThriftStruct } from "hyparquet-writer/src/thrift.js"
import { fields, numberOf } from "./footer.ts"
import { fieldOf, withField, withoutFields } from "./thrift-struct.ts"

/** A row group that was written, of row groups of several files whose columns are its columns. */
export interface NewGroup {
  readonly groups: readonly ThriftStruct[]
  readonly chunks: readonly ThriftStruct[]
  /** Where it begins, and the bytes that it takes. */
  readonly from: number
  readonly bytes: number
}

/** What a column chunk is called if it is this many bytes farther on. Page indexes and Bloom filters stay after. */
export function movedChunk(chunk: ThriftStruct, by: number): ThriftStruct {
  const { dataPage, dictionaryPage, indexPage, bloom } = fields.meta
  let meta = withoutFields(fieldOf<ThriftStruct>(chunk, fields.chunk.meta) as ThriftStruct, ...bloom)
  for (const id of [dataPage, dictionaryPage, indexPage]) {
    const before = numberOf(meta, id)
    if (before > 0) meta = withField(meta, id, "i64", BigInt(before + by))
  }
  const before = numberOf(chunk, fields.chunk.offset)
  const moved = withField(chunk, fields.chunk.offset, "i64", BigInt(before > 0 ? before + by : 0))
  return withField(withoutFields(moved, ...fields.chunk.indexes), fields.chunk.meta, "struct", meta)
}

/**
 * The footer of a file whose columns are those of several files, one after the other. All else that the first of them
 * says of itself is kept.
 */
export function joinFooters(footers: readonly ThriftStruct[], groups: readonly NewGroup[]): ThriftStruct {
  const [first] = footers as [ThriftStruct]
  const rows = groups.reduce((sum, { groups: [group] }) => sum + numberOf(group as ThriftStruct, fields.group.rows), 0)
  let joined = withField(first, fields.file.schema, "list", joinSchemas(footers))
  joined = withField(joined, fields.file.rows, "i64", BigInt(rows))
  joined = withField(joined, fields.file.groups, "list", groups.map(joinGroups))
  const orders = footers.map(footer => fieldOf<unknown[]>(footer, fields.file.orders))
  // Of some columns alone there can be no orders.
  return orders.includes(undefined)
    ? withoutFields(joined, fields.file.orders)
    : withField(joined, fields.file.orders, "list", orders.flat())
}

function joinSchemas(footers: readonly ThriftStruct[]): ThriftStruct[] {
  const schemas = footers.map(footer => fieldOf<ThriftStruct[]>(footer, fields.file.schema) as ThriftStruct[])
  const roots = schemas.map(([root]) => root as ThriftStruct)
  const children = roots.reduce((sum, root) => sum + (fieldOf<number>(root, fields.element.children) ?? 0), 0)
  const root = withField(roots[0] as ThriftStruct, fields.element.children, "i32", children)
  return [root, ...schemas.flatMap(([, ...elements]) => elements)]
}

function joinGroups({ groups, chunks, from, bytes }: NewGroup): ThriftStruct {
  const { columns, bytes: plainBytes, offset, compressedBytes, ordinal } = fields.group
  const plain = groups.reduce((sum, group) => sum + numberOf(group, plainBytes), 0)
  // The ordinal serves encryption alone.
  let joined = withoutFields(groups[0] as ThriftStruct, ordinal)
  joined = withField(joined, columns, "list", chunks)
  joined = withField(joined, plainBytes, "i64", BigInt(plain))
  joined = withField(joined, offset, "i64", BigInt(from))
  return withField(joined, compressedBytes, "i64", BigInt(bytes))
}
