import { jsonMembers } from "./json-members.ts"

/**
 * The name that an object, or one in it, has twice: JSON allows it, and programs differ in which value they take.
 *
 * @param text - one JSON object
 * @param object - the same, parsed
 * @returns the name if it is one of the object's own; "" if it is one of an object in it; `undefined` if none exists
 */
export function repeatedMember(text: string, object: object): string | undefined {
  if (countMembers(text) === countKeys(object)) return undefined
  const names = jsonMembers(text).map(({ name }) => name)
  return names.find((name, at) => names.indexOf(name) !== at) ?? ""
}

const [quote, backslash, colon] = [0x22, 0x5c, 0x3a]

/** The members of all objects in a text: each has a colon that is not in a string. */
function countMembers(text: string): number {
  let members = 0
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at)
    if (character === colon) members++
    else if (character === quote) at = endOfString(text, at)
  }
  return members
}

/** Where the closing quote is of the string that begins at `from`. */
function endOfString(text: string, from: number): number {
  for (let end = text.indexOf('"', from + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let escapes = 0
    while (text.charCodeAt(end - 1 - escapes) === backslash) escapes++
    if (escapes % 2 === 0) return end
  }
  return text.length
}

/** Objects may be nested deeper than a function may call itself. */
function countKeys(object: object): number {
  let keys = 0
  const waiting: unknown[] = [object]
  while (waiting.length > 0) {
    const value = waiting.pop()
    if (typeof value !== "object" || value === null) continue
    const values: unknown[] = Object.values(value)
    if (!Array.isArray(value)) keys += values.length
    for (const inner of values) if (typeof inner === "object") waiting.push(inner)
  }
  return keys
}
