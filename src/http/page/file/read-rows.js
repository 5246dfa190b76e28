/** @typedef {import("./split-records.js").Format} Format */
/** @typedef {{ readonly text: string, readonly label?: string, readonly score?: number, readonly error?: string }} LabelledRow */

/** Members of members of a JSON object that are offered as columns. */
const mostDepth = 3

/**
 * The records of delimited text as fields. A quote opens a field only at the field's beginning, as for the server.
 *
 * @param {string} text
 * @param {string} delimiter
 * @returns {Generator<string[], void>} records that are not empty
 */
export function* readRecords(text, delimiter) {
  /** @type {string[]} */
  let fields = []
  let at = 0
  while (at < text.length) {
    const { field, end } = text[at] === '"' ? quotedField(text, at, delimiter) : bareField(text, at, delimiter)
    fields.push(field)
    at = end + 1
    // A delimiter at the very end opens one more field.
    if (text[end] === delimiter && at < text.length) continue
    if (text[end] === delimiter) fields.push("")
    if (fields.length > 1 || fields[0] !== "") yield fields
    fields = []
  }
}

/**
 * @param {string} text
 * @param {number} at
 * @param {string} delimiter
 */
function bareField(text, at, delimiter) {
  let end = at
  while (end < text.length && text[end] !== delimiter && text[end] !== "\n") end++
  return { field: text.slice(at, text[end - 1] === "\r" && text[end] !== delimiter ? end - 1 : end), end }
}

/**
 * @param {string} text
 * @param {number} at - of its quote
 * @param {string} delimiter
 */
function quotedField(text, at, delimiter) {
  let close = text.indexOf('"', at + 1)
  while (close !== -1 && text[close + 1] === '"') close = text.indexOf('"', close + 2)
  if (close === -1) return { field: text.slice(at + 1), end: text.length }
  const rest = bareField(text, close + 1, delimiter)
  return { field: text.slice(at + 1, close).replaceAll('""', '"') + rest.field, end: rest.end }
}

/**
 * The columns of a file by its beginning, as a request may name them.
 *
 * @param {string} text - whole records, from the first on
 * @param {Format} format
 * @returns {{ readonly name: string, readonly value: string }[]} none for plain text
 */
export function columnsOf(text, format) {
  if (format === "text") return []
  if (format === "jsonl") {
    const names = new Set(text.split("\n").flatMap(line => membersOf(parsed(line))))
    return [...names].map(name => ({ name, value: name }))
  }
  const [header = []] = readRecords(text, format === "csv" ? "," : "\t")
  return header.map((name, index) => {
    const isUnique = name.trim() !== "" && header.filter(other => other === name).length === 1
    return { name: name.trim() === "" ? `column ${index + 1}` : name, value: isUnique ? name : String(index + 1) }
  })
}

/**
 * Names of members that may hold a text, those of objects with dots.
 *
 * @param {unknown} value
 * @param {string} [before]
 * @param {number} [depth]
 * @returns {string[]}
 */
function membersOf(value, before = "", depth = 1) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return []
  return Object.entries(value).flatMap(([name, member]) => {
    const isObject = typeof member === "object" && member !== null && !Array.isArray(member)
    if (!isObject) return [`${before}${name}`]
    return depth < mostDepth ? membersOf(member, `${before}${name}.`, depth + 1) : []
  })
}

/** @param {string} line */
function parsed(line) {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/**
 * The labelled rows of an answer.
 *
 * @param {string} text - with its header, if the format has one
 * @param {Format} format - of the answer
 * @param {string} column - as the request named it; "" for plain text
 * @returns {Generator<LabelledRow, void>}
 */
export function* labelledRows(text, format, column) {
  if (format === "jsonl") {
    for (const line of text.split("\n")) if (line.trim() !== "") yield jsonRow(line, column)
    return
  }
  const records = readRecords(text, format === "csv" ? "," : "\t")
  const header = records.next().value ?? []
  const named = header.indexOf(column)
  const at = named === -1 ? Math.max(0, Number(column) - 1) || 0 : named
  for (const fields of records) {
    // The server adds these at the end.
    const [label, score, error] = fields.slice(-3)
    yield rowOf(fields[at] ?? "", label, score, error)
  }
}

/**
 * @param {string} line
 * @param {string} column
 */
function jsonRow(line, column) {
  const row = parsed(line) ?? {}
  const prefix = "valence_label" in row ? "valence_" : ""
  const member = (/** @type {any} */ value, /** @type {string} */ name) => value?.[name]
  const text = row[column] ?? column.split(".").reduce(member, row)
  const { error } = row
  const reason = typeof error?.message === "string" ? `${error.code}: ${error.message}` : undefined
  return rowOf(typeof text === "string" ? text : "", row[`${prefix}label`], row[`${prefix}score`], reason)
}

/**
 * @param {string} text
 * @param {string | null | undefined} label
 * @param {string | number | null | undefined} score
 * @param {string | undefined} error
 * @returns {LabelledRow}
 */
function rowOf(text, label, score, error) {
  return { text, ...(label && { label, score: Number(score) }), ...(error && { error }) }
}
