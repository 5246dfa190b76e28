import { type FileMetaData, parquetSchema, type SchemaElement, type SchemaTree } from "hyparquet"
import { getMaxDefinitionLevel, getMaxRepetitionLevel } from "hyparquet/src/schema.js"
import { checkType } from "./types.ts"

/** Columns of Parquet are nested less deep. */
const mostDepth = 64

/** A column that has values of its own, not those of others in it. */
export interface Leaf {
  readonly path: readonly string[]
  readonly element: SchemaElement
  /** The largest definition and repetition level: of a column without nulls and lists both are 0. */
  readonly maxDefinition: number
  readonly maxRepetition: number
}

type Chunk = FileMetaData["row_groups"][number]["columns"][number]

/**
 * Checks that what a footer says fits together and fits the file: the schema, the numbers of rows and values, and the places of the
 * columns. A footer has no checksum, and a number in it that changed would lose rows or give a column another one's values.
 *
 * @param end - where the footer begins
 * @returns the leaves of the schema, in the order of the columns of a row group
 * @throws Error
 */
export function checkFooter(metadata: FileMetaData, end: number): readonly Leaf[] {
  checkSchema(metadata.schema)
  const leaves = leavesOf([parquetSchema(metadata)])
  const extents: Extent[] = []
  let rows = 0
  for (const [at, group] of metadata.row_groups.entries()) {
    const what = `row group ${at + 1}`
    const groupRows = whole(group.num_rows, `the number of rows of ${what}`)
    rows += groupRows
    if (group.columns.length !== leaves.length)
      throw new Error(`${what} must have the ${leaves.length} columns of the schema; got ${group.columns.length}`)
    for (const [column, leaf] of leaves.entries()) {
      const which = `column ${leaf.path.join(".")} of ${what}`
      checkChunk(group.columns[column] as Chunk, leaf, groupRows, which)
      if (groupRows > 0) extents.push(extentOf(group.columns[column] as Chunk, end, which))
    }
  }
  const all = whole(metadata.num_rows, "the number of rows")
  if (rows !== all) throw new Error(`its row groups must have the ${all} rows that it says it has; they have ${rows}`)
  checkApart(extents)
  return leaves
}

function checkSchema(schema: readonly SchemaElement[]): void {
  let at = 0
  const pass = (depth: number) => {
    const element = schema[at++]
    if (element === undefined) throw new Error("its schema must have all the columns that it counts")
    if (depth > mostDepth) throw new Error(`columns must be nested at most ${mostDepth} deep`)
    const children = element.num_children ?? 0
    if (depth > 0 && (element.type === undefined) === (children === 0))
      throw new Error(`column ${element.name} must have a type or columns in it, and not both`)
    if (depth > 0 && element.repetition_type === undefined)
      throw new Error(`column ${element.name} must be required, optional or repeated`)
    checkType(element)
    for (let child = 0; child < children; child++) pass(depth + 1)
  }
  pass(0)
  if (at !== schema.length)
    throw new Error(`its schema must count its ${schema.length - 1} columns; it counts ${at - 1}`)
}

function leavesOf(path: readonly SchemaTree[]): Leaf[] {
  const { children, element, path: names } = path.at(-1) as SchemaTree
  if (children.length > 0) return children.flatMap(child => leavesOf([...path, child]))
  if (path.length === 1) return []
  const [maxDefinition, maxRepetition] = [getMaxDefinitionLevel([...path]), getMaxRepetitionLevel([...path])]
  return [{ path: names, element, maxDefinition, maxRepetition }]
}

function checkChunk({ meta_data: meta }: Chunk, leaf: Leaf, rows: number, what: string): void {
  if (meta === undefined) throw new Error(`${what} must be described`)
  if (JSON.stringify(meta.path_in_schema) !== JSON.stringify(leaf.path))
    throw new Error(`${what} must have its name; got ${meta.path_in_schema.join(".")}`)
  if (meta.type !== leaf.element.type)
    throw new Error(`${what} must have the type ${leaf.element.type} of the schema; got ${meta.type}`)
  const values = whole(meta.num_values, `the number of values of ${what}`)
  if (leaf.maxRepetition === 0 && values !== rows)
    throw new Error(`${what} must have a value for each of ${rows} rows; got ${values}`)
  if (values < rows) throw new Error(`${what} must have ${rows} values at least; got ${values}`)
}

interface Extent {
  readonly from: number
  readonly to: number
  readonly what: string
}

function extentOf({ meta_data: meta }: Chunk, end: number, what: string): Extent {
  const dictionary = whole(meta?.dictionary_page_offset ?? 0n, `the dictionary of ${what}`)
  const data = whole(meta?.data_page_offset, `the place of ${what}`)
  const bytes = whole(meta?.total_compressed_size, `the bytes of ${what}`)
  const from = dictionary === 0 ? data : dictionary
  if (data < from) throw new Error(`the dictionary of ${what} must be before its values`)
  if (from < 4 || from + bytes > end || data >= from + bytes)
    throw new Error(`${what} must be within the file; got bytes ${from} to ${from + bytes}`)
  return { from, to: from + bytes, what }
}

/** No two columns have a byte in common. */
function checkApart(extents: Extent[]): void {
  extents.sort((a, b) => a.from - b.from)
  for (const [at, { from, what }] of extents.entries()) {
    const before = extents[at - 1]
    if (before !== undefined && before.to > from) throw new Error(`${what} must not overlap ${before.what}`)
  }
}

function whole(value: bigint | number | undefined, what: string): number {
  const number = Number(value)
  if (!Number.isSafeInteger(number) || number < 0)
    throw new Error(`${what} must be a whole number, 0 or more; got ${value}`)
  return number
}
