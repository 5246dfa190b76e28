/** A member of a JSON object: its name, and its value as it was written. */
export interface JsonMember {
  readonly name: string
  readonly json: string
}

/**
 * The members of a JSON object in order, with their values as they were written, so that no digit of a number is lost.
 *
 * @param text - one JSON object, which `JSON.parse` has accepted
 */
export function jsonMembers(text: string): JsonMember[] {
  const members: JsonMember[] = []
  let at = skipSpace(text, text.indexOf("{") + 1)
  while (text[at] === '"') {
    const nameEnd = endOfString(text, at)
    const name = JSON.parse(text.slice(at, nameEnd)) as string
    const from = skipSpace(text, skipSpace(text, nameEnd) + 1)
    const to = endOfValue(text, from)
    members.push({ name, json: text.slice(from, to).trimEnd() })
    at = skipSpace(text, to + 1)
  }
  return members
}

function skipSpace(text: string, from: number): number {
  let at = from
  while (at < text.length && " \t\r\n".includes(text[at] as string)) at++
  return at
}

/** The place after the closing quote of the string that begins at `from`. */
function endOfString(text: string, from: number): number {
  let end = text.indexOf('"', from + 1)
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end + 1
}

function isEscaped(text: string, at: number): boolean {
  let escapes = 0
  while (text[at - 1 - escapes] === "\\") escapes++
  return escapes % 2 === 1
}

/** Where the comma or brace is that ends the value which begins at `from`. */
function endOfValue(text: string, from: number): number {
  let depth = 0
  for (let at = from; ; ) {
    const character = text[at]
    if (character === '"') {
      at = endOfString(text, at)
      continue
    }
    if (depth === 0 && (character === "," || character === "}")) return at
    if (character === "{" || character === "[") depth++
    else if (character === "}" || character === "]") depth--
    at++
  }
}
