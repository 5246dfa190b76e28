import { shown, ValenceError } from "../errors.ts"

/** The names by which a text column is found, the likeliest first. */
const textColumnNames = [
  "text",
  "review",
  "review_text",
  "reviewtext",
  "sentence",
  "comment",
  "body",
  "content",
  "message",
  "tweet",
  "description",
  "feedback",
  "title",
] as const

/**
 * The column that holds the text: the one asked for, otherwise the first known name that a column has, in any case.
 *
 * @throws ValenceError `option_invalid`, listing the columns
 */
export function findTextColumn(columns: readonly string[], asked: string | undefined): string {
  if (asked !== undefined) return requireColumn(columns, "column", asked)
  for (const name of textColumnNames) {
    const found = columns.find(column => column.trim().toLowerCase() === name)
    if (found !== undefined) return found
  }
  const delimiter = columns.length === 1 ? /[;|\t]/.exec(columns[0] ?? "")?.[0] : undefined
  if (delimiter !== undefined)
    throw new ValenceError(
      "option_invalid",
      `column must be one of several, and the header is a single one, ${list(columns)}: is the delimiter ${shown(delimiter)}?`,
    )
  throw new ValenceError(
    "option_invalid",
    `column must be given, because no column is named text, review, sentence, comment or the like; the input has ${list(columns)}`,
  )
}

/**
 * A column that an option names: as it is written, otherwise in another case.
 *
 * @throws ValenceError `option_invalid`, listing the columns
 */
export function requireColumn(columns: readonly string[], option: string, asked: string): string {
  const found =
    columns.find(column => column === asked) ?? columns.find(column => column.toLowerCase() === asked.toLowerCase())
  if (found !== undefined) return found
  throw new ValenceError(
    "option_invalid",
    `${option} must be one of the input's columns, ${list(columns)}; got ${shown(asked)}`,
  )
}

function list(columns: readonly string[]): string {
  const named = columns.slice(0, 50).map(column => JSON.stringify(column))
  return columns.length > 50 ? `${named.join(", ")} and ${columns.length - 50} more` : named.join(", ")
}
