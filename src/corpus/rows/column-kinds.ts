import { type JsonMember, jsonMembers } from "./json-members.ts"
import type { Cell } from "./row.ts"

/** What a column of a Parquet file holds; each may be null. `json` is JSON in text, for what has no one type. */
export type ColumnKind = "boolean" | "int64" | "double" | "string" | "strings" | "json"

const isWhole = (json: string) => /^-?\d{1,19}$/.test(json) && BigInt.asIntN(64, BigInt(json)) === BigInt(json)

/** The kind of a JSON value; `undefined` for null. */
function kindOf(json: string): ColumnKind | undefined {
  if (json === "null") return undefined
  if (json === "true" || json === "false") return "boolean"
  if (json.startsWith('"')) return "string"
  if (json.startsWith("{") || json.startsWith("[")) return "json"
  return isWhole(json) ? "int64" : "double"
}

/**
 * What the columns of JSON Lines hold, by their first rows: whole numbers, numbers, truth values or strings if all of a
 * column's values are that, and JSON if they are several things.
 *
 * @param lines - each a JSON object
 */
export function kindsOf(columns: readonly string[], lines: Iterable<string>): ColumnKind[] {
  const kinds = new Map<string, Set<ColumnKind>>(columns.map(name => [name, new Set()]))
  const note = ({ name, json }: JsonMember) => {
    const kind = kindOf(json)
    if (kind !== undefined) kinds.get(name)?.add(kind)
  }
  for (const line of lines) jsonMembers(line).forEach(note)
  return columns.map(name => {
    const found = [...(kinds.get(name) ?? [])]
    if (found.length === 1) return found[0] as ColumnKind
    return found.length > 1 && found.every(kind => kind === "int64" || kind === "double") ? "double" : "json"
  })
}

/**
 * A cell as the JSON that `parquetValue` reads; `undefined` if it is of another kind than its column.
 */
export function spooledCell(kind: ColumnKind, { text, json }: Cell): string | undefined {
  if (json && text === "null") return text
  if (kind === "json") return JSON.stringify(json ? text : JSON.stringify(text))
  if (kind === "string") return json ? undefined : JSON.stringify(text)
  const is = json ? kindOf(text) : "string"
  if (kind === "int64") return is === "int64" ? `"${text}"` : undefined
  if (kind === "double" && is !== "double" && is !== "int64") return undefined
  // NaN and infinities are no JSON.
  if (kind === "double") return Number.isFinite(Number(text)) ? text : JSON.stringify(String(Number(text)))
  return is === kind ? text : undefined
}

/** A value as it is written to Parquet, of what is in a line of the rows. */
export function parquetValue(kind: ColumnKind, value: unknown): unknown {
  if (value === null) return value
  if (kind === "int64") return BigInt(value as string)
  return kind === "double" ? Number(value) : value
}

/** What a kind is called in a message. */
export const kindNames: Readonly<Record<ColumnKind, string>> = {
  boolean: "true or false",
  int64: "a whole number",
  double: "a number",
  string: "a string",
  strings: "a list of strings",
  json: "JSON",
}
