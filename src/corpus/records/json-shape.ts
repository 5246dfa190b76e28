import { hasMoreValues } from "./few-values.ts"
import { parseJson } from "./read-json.ts"
import type { RecordBatch } from "./record.ts"
import { ValueSplitter } from "./split-values.ts"

/** How JSON objects follow each other: one a line, as the elements of an array, or over several lines each. */
export type JsonShape = "lines" | "array" | "values"

/** What is looked at to tell it by, at most. */
const mostShapeBytes = 1024 * 1024

const [newline, bracket, brace] = [0x0a, 0x5b, 0x7b]
const isSpace = (byte: number) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)

/**
 * How the objects of an input follow each other. The work grows with the bytes, not with the number of blocks.
 *
 * @param begun - the beginning of the input
 * @param blocks - what follows it, read as far as it is needed
 * @param mostValues - that an object may have: one with more is not parsed
 * @returns also what was read
 */
export async function readShape(
  begun: Buffer,
  blocks: AsyncIterator<Buffer>,
  mostValues = Infinity,
): Promise<{ readonly shape: JsonShape; readonly rest: Buffer }> {
  const kept = [begun]
  const look = new ShapeLook(mostValues)
  let bytes = begun.length
  let shape = look.push(begun)
  while (shape === undefined) {
    const { value, done } = await blocks.next()
    if (value) kept.push(value)
    if (done || bytes > mostShapeBytes) break
    bytes += value.length
    shape = look.push(value)
  }
  return { shape: shape ?? "lines", rest: Buffer.concat(kept) }
}

/** Looks at the beginning of an input, block by block, until its shape is known. */
class ShapeLook {
  readonly #splitter = new ValueSplitter(Infinity, "none", 0, 1)
  /** The first line, as far as it was read; `undefined` once it has ended and is no object by itself. */
  #line: Buffer[] | undefined = []
  readonly #mostValues: number
  /** Whether the first object was begun. */
  #begun = false
  /** The first value, once it has ended: whether it has several lines and is JSON. */
  #value: JsonShape | undefined

  constructor(mostValues: number) {
    this.#mostValues = mostValues
  }

  /** @returns `undefined` if more has to be read */
  push(block: Buffer): JsonShape | undefined {
    let from = 0
    if (!this.#begun) {
      while (from < block.length && isSpace(block[from] as number)) from++
      if (from === block.length) return undefined
      if (block[from] === bracket) return "array"
      if (block[from] !== brace) return "lines"
      this.#begun = true
    }
    const rest = block.subarray(from)
    this.#value ??= this.#shapeOfFirst(this.#splitter.push(rest))
    if (this.#line !== undefined && this.#endsLine(this.#line, rest)) return "lines"
    return this.#line === undefined ? this.#value : undefined
  }

  /** Whether the first line ends in this block and is JSON by itself. */
  #endsLine(line: Buffer[], block: Buffer): boolean {
    const end = block.indexOf(newline)
    line.push(end === -1 ? block : block.subarray(0, end))
    if (end === -1) return false
    this.#line = undefined
    return this.#isJson(Buffer.concat(line))
  }

  #shapeOfFirst({ buffer, records: [first] }: RecordBatch): JsonShape | undefined {
    if (first === undefined) return undefined
    return first.lines > 0 && this.#isJson(buffer.subarray(first.from, first.to)) ? "values" : "lines"
  }

  #isJson(bytes: Buffer): boolean {
    return hasMoreValues(bytes, this.#mostValues) || parseJson(bytes.toString("utf8")) !== undefined
  }
}
