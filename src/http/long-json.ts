import { setImmediate as nextTurn } from "node:timers/promises"

/** Characters that are written in one turn of the event loop. */
const charactersAtOnce = 256 * 1024
/** Strings or numbers of a list that are written together. */
const itemsAtOnce = 1000

/**
 * The JSON of a value that may be long: others get a turn of the event loop meanwhile, as they do not while `JSON.stringify` or a
 * serializer writes megabytes.
 */
export async function longJson(value: object): Promise<string> {
  const parts: string[] = []
  let characters = 0
  for (const part of partsOf(value)) {
    parts.push(part)
    characters += part.length
    if (characters < charactersAtOnce) continue
    await nextTurn()
    characters = 0
  }
  return parts.join("")
}

function* partsOf(value: unknown): Generator<string> {
  if (Array.isArray(value)) yield* listParts(value)
  else if (typeof value === "object" && value !== null) {
    let before = "{"
    for (const [name, member] of Object.entries(value)) {
      if (member === undefined) continue
      yield `${before}${JSON.stringify(name)}:`
      yield* partsOf(member)
      before = ","
    }
    yield before === "{" ? "{}" : "}"
  } else yield JSON.stringify(value)
}

function* listParts(list: readonly unknown[]): Generator<string> {
  const isPlain = typeof list[0] !== "object"
  const step = isPlain ? itemsAtOnce : 1
  yield "["
  for (let at = 0; at < list.length; at += step) {
    if (at > 0) yield ","
    if (isPlain) yield JSON.stringify(list.slice(at, at + step)).slice(1, -1)
    else yield* partsOf(list[at])
  }
  yield "]"
}
