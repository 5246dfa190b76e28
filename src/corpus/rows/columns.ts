import { isBlank } from "../../check-text.ts"
import { shown, ValenceError } from "../../errors.ts"
import { nearest } from "../../nearest.ts"

/** The names by which a text column is found, the likeliest first. */
export const textColumnNames = [
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
 * Distinct names, as they are written where names are keys: a blank one becomes `column_3`, by its
 * number, and one that comes again `name_1`, `name_2`.
 */
export function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set(names)
  const used = new Set<string>()
  return names.map((name, at) => {
    const bare = isBlank(name) ? `column_${at + 1}` : name
    let unique = bare
    for (let times = 1; used.has(unique) || (unique !== name && taken.has(unique)); times++) unique = `${bare}_${times}`
    used.add(unique)
    return unique
  })
}

/** Where a text is: in a column, and if its values are objects, which of their members. */
export interface TextPlace {
  /** The place of the column; the first is 0. */
  readonly at: number
  /** Names of members, from the outermost on. */
  readonly path: readonly string[]
}

/** Whether the values of a column have members of these names. */
export type HasMember = (place: TextPlace) => boolean

/**
 * Where the text is: in the columns asked for, otherwise in the one with the first known name, in any case. Members are asked
 * for with dots, several texts with commas between them; a column whose own name is what was asked for goes first.
 *
 * @param names - as the input has them
 * @param hint - what may be wrong with the input if none of them is meant
 * @throws ValenceError `option_invalid`, listing the columns
 */
export function findTexts(
  names: readonly string[],
  asked: string | undefined,
  hasMember: HasMember = () => false,
  hint = hintOf(names),
): TextPlace[] {
  if (asked !== undefined) return askedTexts(names, asked, hasMember, hint)
  for (const known of textColumnNames) {
    const places = placesOf(names, name => name.trim().toLowerCase() === known)
    const exact = placesOf(names, name => name === known)
    if (places.length > 0) return [{ at: requireOne(exact.length > 0 ? exact : places, "column", known), path: [] }]
  }
  throw new ValenceError(
    "option_invalid",
    `column must be given, because no column is named text, review, sentence, comment or the like; the input has ${list(names)}${hint}`,
  )
}

function askedTexts(names: readonly string[], asked: string, hasMember: HasMember, hint: string): TextPlace[] {
  const whole = textPlace(names, asked, hasMember)
  if (whole !== undefined) return [whole]
  const parts = asked.split(",").map(part => part.trim())
  return parts.map(
    part => textPlace(names, part, hasMember) ?? { at: requireColumn(names, "column", part, hint), path: [] },
  )
}

function textPlace(names: readonly string[], asked: string, hasMember: HasMember): TextPlace | undefined {
  const at = placeOf(names, "column", asked)
  if (at !== undefined) return { at, path: [] }
  const parts = asked.split(".")
  for (let outer = parts.length - 1; outer > 0; outer--) {
    const place = { at: names.indexOf(parts.slice(0, outer).join(".")), path: parts.slice(outer) }
    if (place.at !== -1 && hasMember(place)) return place
  }
  return undefined
}

/** What places are called: members with dots, several with commas between them. */
export function columnName(names: readonly string[], places: readonly TextPlace[]): string {
  return places.map(({ at, path }) => [names[at], ...path].join(".")).join(",")
}

/**
 * The place of a column that an option names: as it is written, otherwise in another case, otherwise by its number.
 *
 * @throws ValenceError `option_invalid`, listing the columns
 */
export function requireColumn(names: readonly string[], option: string, asked: string, hint = hintOf(names)): number {
  const place = placeOf(names, option, asked)
  if (place !== undefined) return place
  if (names.every(isBlank))
    throw new ValenceError(
      "option_invalid",
      `${option} must be a number, 1 to ${names.length}, because the columns have no names; got ${shown(asked)}`,
    )
  const meant = nearest(names, asked)
  const instead = meant === undefined ? "" : `; did you mean ${shown(meant)}?`
  throw new ValenceError(
    "option_invalid",
    `${option} must be one of the input's columns, ${list(names)}; got ${shown(asked)}${instead}${hint}`,
  )
}

function placeOf(names: readonly string[], option: string, asked: string): number | undefined {
  const exact = placesOf(names, name => name === asked)
  if (exact.length > 0) return requireOne(exact, option, asked)
  const unique = uniqueNames(names).indexOf(asked)
  if (unique !== -1) return unique
  const near = placesOf(names, name => name.trim().toLowerCase() === asked.trim().toLowerCase())
  if (near.length > 0) return requireOne(near, option, asked)
  const number = /^[1-9]\d*$/.test(asked) ? Number(asked) : Infinity
  return number <= names.length ? number - 1 : undefined
}

/** @throws ValenceError `option_invalid` if a name is that of several columns */
function requireOne(places: readonly number[], option: string, asked: string): number {
  if (places.length === 1) return places[0] as number
  const numbers = places.map(place => place + 1).join(" and ")
  throw new ValenceError(
    "option_invalid",
    `${option} must name one column, and columns ${numbers} are named ${shown(asked)}: use ${option} ${(places[0] as number) + 1}, its number`,
  )
}

function placesOf(names: readonly string[], isMeant: (name: string) => boolean): number[] {
  return names.flatMap((name, at) => (isMeant(name) ? [at] : []))
}

/** What may be wrong with how a header was read. */
function hintOf(names: readonly string[]): string {
  const [only = ""] = names
  const delimiter = names.length === 1 ? /[;|\t]/.exec(only)?.[0] : undefined
  if (delimiter === "\t") return "; if tabs separate the fields, use format tsv"
  if (delimiter !== undefined) return `; is ${shown(delimiter)} the delimiter? then use delimiter '${delimiter}'`
  const preamble = names.length === 1 ? "; if other lines come before the header, use skipLines, their number" : ""
  return headerDoubt(names, []) || preamble
}

const numeric = /^[-+]?\d+([.,]\d+)?$/
const date = /^\d{4}-\d\d-\d\d/
const fewestWords = 4

/**
 * Why a header may be no header but the first row; "" if nothing speaks for that.
 *
 * @param texts - the names of the columns that hold the text
 */
export function headerDoubt(names: readonly string[], texts: readonly string[]): string {
  const odd =
    texts.find(name => name.trim().split(/\s+/).length >= fewestWords) ??
    names.find(name => numeric.test(name.trim()) || date.test(name.trim()))
  return odd === undefined ? "" : `; ${shown(odd)} looks like data: if the first row is no header, use header false`
}

function list(names: readonly string[]): string {
  const named = names.slice(0, 50).map(name => JSON.stringify(name))
  return names.length > 50 ? `${named.join(", ")} and ${names.length - 50} more` : named.join(", ")
}
