import { setImmediate as nextTurn } from "node:timers/promises"
import { asError, shown } from "../../errors.ts"
import { parseJson } from "../records/read-json.ts"
import type { RawRecord, RecordBatch } from "../records/record.ts"
import { kindsOf } from "./column-kinds.ts"
import { findTexts, type TextPlace, textColumnNames } from "./columns.ts"
import { jsonMembers } from "./json-members.ts"
import { repeatedMember } from "./repeated-members.ts"
import type { Cell, ReadRow, Row, RowPlace } from "./row.ts"
import { findUnreadable, joinTexts, type RowReader, rowPlace, textOf } from "./row-reader.ts"
import { plainTextColumn } from "./text-rows.ts"

type JsonObject = Readonly<Record<string, unknown>>

/** An object of the first rows, with its text. */
interface HeadObject {
  readonly text: string
  readonly object: JsonObject
}

/** Records of the first rows that are looked at in one turn of the event loop. */
const recordsAtOnce = 250

/**
 * Reads the rows of JSON Lines: one object a line, of which one field is the text, or a member of a field, or several of these. A
 * text that is null or missing is blank.
 *
 * @param objects - those of the first rows; none if no row has fields
 * @param asked - the text column, if it was named
 * @throws ValenceError `option_invalid` if no column holds the text
 */
export function jsonlReader(objects: readonly HeadObject[], asked: string | undefined): RowReader {
  const columns = columnsOf(objects)
  const paths = textPaths(objects, asked)
  return {
    columns,
    taken: [...new Set(objects.flatMap(({ object }) => Object.keys(object)))],
    column: paths.map(path => path.join(".")).join(","),
    header: undefined,
    warnings: [],
    kinds: kindsOf(
      columns,
      objects.map(({ text }) => text),
    ),
    read(batch) {
      const problems = findUnreadable(batch)
      return batch.records.map((record, index): Row => {
        const place = rowPlace(batch, record)
        const object = problems.get(index) ?? parseObject(textOf(batch, record))
        if (typeof object === "string") return { ...place, problem: object }
        const texts = paths.map(path => textAt(object, ownPath(object, path)))
        const problem = texts.find(text => typeof text !== "string")?.problem
        if (problem !== undefined) return { ...place, problem, cells: () => cellsOf(textOf(batch, record), object) }
        const [text = "", ...others] = texts as string[]
        return new JsonRow(place, batch, record, object, others.length === 0 ? text : joinTexts([text, ...others]))
      })
    },
  }
}

/** What to do if the only object has the rows in one of its members; "" if it has not. */
function rowsHint([first, second]: readonly HeadObject[]): string {
  if (first === undefined || second !== undefined) return ""
  const holder = Object.keys(first.object).find(name => isRows(first.object[name]))
  const path = `.[${JSON.stringify(holder)}][]`
  return holder === undefined ? "" : `; for the rows in it: jq -c '${path}' FILE | valence label - --format jsonl`
}

const isRows = (value: unknown) => Array.isArray(value) && value.some(isObject)

/** The names that lead to each text, from the outermost object on. */
function textPaths(objects: readonly HeadObject[], asked: string | undefined): string[][] {
  const names = [...new Set(objects.flatMap(({ object }) => Object.keys(object)))]
  if (names.length === 0) return [[asked ?? plainTextColumn]]
  const pathOf = ({ at, path }: TextPlace) => [names[at] as string, ...path]
  const hasMember = (place: TextPlace) => objects.some(({ object }) => memberAt(object, pathOf(place)) !== undefined)
  return findTexts(names, asked, hasMember, rowsHint(objects)).map(pathOf)
}

/** The same names, joined or taken apart as this object has them: one may have a member `a.b`, and the next one a member `a` with a `b`. */
function ownPath(object: JsonObject, path: readonly string[]): readonly string[] {
  const [first = "", ...inner] = path
  const joined = path.join(".")
  if (Object.hasOwn(object, joined)) return [joined]
  if (inner.length > 0 || !first.includes(".")) return path
  const parts = first.split(".")
  return Object.hasOwn(object, parts[0] as string) ? parts : path
}

/** The text that names lead to; "" if it is null or missing; or why it is none. */
function textAt(object: JsonObject, path: readonly string[]): string | { readonly problem: string } {
  let value: unknown = object
  for (const [depth, name] of path.entries()) {
    if (!isObject(value)) return wrong(path.slice(0, depth), "an object", value)
    value = Object.hasOwn(value, name) ? (value[name] ?? undefined) : undefined
    if (value === undefined) return ""
  }
  return typeof value === "string" ? value : wrong(path, "a string", value)
}

function wrong(path: readonly string[], what: string, value: unknown): { readonly problem: string } {
  const member = what === "a string" && isObject(value) ? textMember(value) : undefined
  const instead = member === undefined ? "" : `; for the text in it use column ${[...path, member].join(".")}`
  return { problem: `field ${JSON.stringify(path.join("."))} must be ${what}; got ${describeJson(value)}${instead}` }
}

/** The member of an object that is most likely its text: one that has the name of a text column, otherwise its only text. */
function textMember(object: JsonObject): string | undefined {
  const texts = Object.keys(object).filter(name => typeof object[name] === "string")
  return textColumnNames.find(name => texts.includes(name)) ?? (texts.length === 1 ? texts[0] : undefined)
}

function memberAt(object: JsonObject, path: readonly string[]): unknown {
  let value: unknown = object
  for (const name of path) value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
  return value
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

class JsonRow implements ReadRow {
  readonly line: number
  readonly end: number
  readonly endLine: number
  readonly bytes: number
  readonly text: string
  readonly #batch: RecordBatch
  readonly #record: RawRecord
  readonly #object: JsonObject

  constructor(
    { line, end, endLine, bytes }: RowPlace,
    batch: RecordBatch,
    record: RawRecord,
    object: JsonObject,
    text: string,
  ) {
    this.line = line
    this.end = end
    this.endLine = endLine
    this.bytes = bytes
    this.text = text
    this.#batch = batch
    this.#record = record
    this.#object = object
  }

  /** On one line: in JSON, line ends are only between values. */
  raw(): string {
    const text = textOf(this.#batch, this.#record)
    return this.#record.lines > 1 || text.includes("\n") ? text.replace(/\r?\n\s*/g, "") : text
  }

  cells(): readonly Cell[] {
    return cellsOf(this.raw(), this.#object)
  }

  value(column: string): string | undefined {
    if (!Object.hasOwn(this.#object, column)) return undefined
    const value = this.#object[column]
    return typeof value === "string" ? value : JSON.stringify(value)
  }
}

function cellsOf(line: string, object: JsonObject): Cell[] {
  return jsonMembers(line).map(({ name, json }) => {
    const value = object[name]
    return typeof value === "string" ? { name, text: value, json: false } : { name, text: json, json: true }
  })
}

/** What a JSON value that should be something else is, in words. */
function describeJson(value: unknown): string {
  if (Array.isArray(value)) return "an array"
  if (typeof value === "object" && value !== null) return "an object"
  return typeof value === "number" ? `a number, ${value}` : shown(value)
}

const beginsObject = /^\s*\{/

/** The object that a line holds, or why it holds none. */
function parseObject(line: string): JsonObject | string {
  // What is no JSON costs an exception.
  if (!beginsObject.test(line)) return `must be a JSON object; got ${shown(line.trim())}`
  let problem: string | undefined
  const value = parseJson(line, error => {
    problem = `is not JSON: ${asError(error).message}`
  })
  if (problem !== undefined) return problem
  const object = value as JsonObject
  const repeated = repeatedMember(line, object)
  if (repeated === undefined) return object
  const what = repeated === "" ? "an object in it has a member" : `has the field ${JSON.stringify(repeated)}`
  return `${what} twice, and nothing says which of the values counts`
}

/** The names of the fields of the first object that has any. */
function columnsOf(objects: readonly HeadObject[]): string[] {
  const first = objects.find(hasFields)
  return first === undefined ? [] : [...new Set(jsonMembers(first.text).map(member => member.name))]
}

const hasFields = ({ object }: HeadObject) => Object.keys(object).length > 0

/**
 * The objects among records, if one of them has fields; otherwise none. There may be tens of thousands of records: others get a turn of
 * the event loop meanwhile.
 */
export async function objectsOf(batch: RecordBatch): Promise<readonly HeadObject[]> {
  const objects: HeadObject[] = []
  for (let at = 0; at < batch.records.length; at += recordsAtOnce) {
    if (at > 0) await nextTurn()
    const some = { ...batch, records: batch.records.slice(at, at + recordsAtOnce) }
    const problems = findUnreadable(some)
    for (const [index, record] of some.records.entries()) {
      const text = textOf(some, record)
      // A line that is cut off costs an exception, and a head may have many.
      if (problems.has(index) || !text.trimEnd().endsWith("}")) continue
      const object = parseObject(text)
      if (typeof object !== "string") objects.push({ text, object })
    }
  }
  return objects.some(hasFields) ? objects : []
}
