import { readJson } from "./read-json.ts"
import { ValueSplitter } from "./split-values.ts"

/** How JSON objects follow each other: one a line, as the elements of an array, or over several lines each. */
export type JsonShape = "lines" | "array" | "values"

/** What is looked at to tell it by, at most. */
const mostShapeBytes = 1024 * 1024

/**
 * How the objects of an input follow each other.
 *
 * @param begun - the beginning of the input
 * @param blocks - what follows it, read as far as it is needed
 * @returns also what was read
 */
export async function readShape(
  begun: Buffer,
  blocks: AsyncIterator<Buffer>,
): Promise<{ readonly shape: JsonShape; readonly rest: Buffer }> {
  let rest = begun
  for (;;) {
    const shape = shapeOf(rest)
    if (shape !== undefined) return { shape, rest }
    const { value, done } = await blocks.next()
    if (done || rest.length > mostShapeBytes) {
      if (value) rest = Buffer.concat([rest, value])
      return { shape: "lines", rest }
    }
    rest = Buffer.concat([rest, value])
  }
}

/** `undefined` if more has to be read. */
function shapeOf(rest: Buffer): JsonShape | undefined {
  const text = rest.toString("utf8")
  const from = text.search(/\S/)
  if (from === -1) return undefined
  if (text[from] === "[") return "array"
  const end = text.indexOf("\n", from)
  if (text[from] !== "{" || (end !== -1 && readJson(text.slice(from, end)) !== undefined)) return "lines"
  if (end === -1) return undefined
  const [first] = new ValueSplitter(Infinity, "none", 0, 1).push(rest).records
  if (first === undefined) return undefined
  return first.lines > 0 && readJson(rest.toString("utf8", first.from, first.to)) !== undefined ? "values" : "lines"
}
