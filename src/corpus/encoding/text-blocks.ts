import type { Readable } from "node:stream"
import { ValenceError } from "../../errors.ts"
import { contentsOf } from "../bytes/contents.ts"
import { type Blocks, readBlocks } from "../bytes/read-blocks.ts"
import { skipBytes } from "../bytes/skip-bytes.ts"
import type { InputFile } from "../formats.ts"
import { decodeText, requireEncoding } from "./decode-text.ts"
import type { TextEncoding } from "./encodings.ts"
import { endLinesAtReturns } from "./lone-returns.ts"

/** What is looked at to tell how lines end, at most. */
const mostFirstBytes = 64 * 1024

const [newline, carriageReturn] = [0x0a, 0x0d]

/** The text of an input as UTF-8, in blocks. */
export interface TextBlocks {
  /** The beginning of the text: to its first line end at least, unless that is far away. */
  readonly first: Buffer
  /** What follows `first`. */
  readonly rest: AsyncIterator<Buffer>
  /** Reads once more, from a place on. Positions are those of the text as UTF-8. */
  from(bytes: number): AsyncIterator<Buffer>
  /** As `Blocks` has them, of what is being read now. */
  fileBytes(): number
  notes(): readonly string[]
}

/**
 * Opens an input: unpacked, decoded, and with newlines if its lines end in carriage returns.
 *
 * @throws ValenceError `input_invalid` if it is no text, or text of another encoding
 */
export async function openText(input: InputFile, encoding: TextEncoding, stdin: Readable): Promise<TextBlocks> {
  let blocks: Blocks
  const open = (from: number): AsyncIterable<Buffer> => {
    if (encoding === "utf-8") {
      blocks = readBlocks(input, from, stdin)
      return blocks
    }
    blocks = readBlocks(input, 0, stdin)
    return skipBytes(decodeText(blocks, encoding), from)
  }
  const iterator = open(0)[Symbol.asyncIterator]()
  try {
    const { first, ended } = await readFirst(iterator)
    refuseOther(first, input)
    requireEncoding(first, "utf-8")
    const atReturns = endsAtReturns(first, ended)
    return {
      ...(atReturns ? await beginAtReturns(first, iterator) : { first, rest: iterator }),
      from: bytes => (atReturns ? endLinesAtReturns(open(bytes)) : open(bytes))[Symbol.asyncIterator](),
      fileBytes: () => blocks.fileBytes(),
      notes: () => blocks.notes,
    }
  } catch (error) {
    await iterator.return?.(undefined)
    throw error
  }
}

/** Enough to tell the encoding and the ends of lines by: no row can be read before either. */
async function readFirst(iterator: AsyncIterator<Buffer>): Promise<{ first: Buffer; ended: boolean }> {
  const blocks: Buffer[] = []
  for (let bytes = 0; bytes < mostFirstBytes; ) {
    const { value, done } = await iterator.next()
    if (done) return { first: Buffer.concat(blocks), ended: true }
    blocks.push(value)
    bytes += value.length
    if (value.includes(newline) && bytes >= 4) break
  }
  return { first: Buffer.concat(blocks), ended: false }
}

function endsAtReturns(first: Buffer, ended: boolean): boolean {
  const at = first.indexOf(carriageReturn)
  return at !== -1 && (ended || at < first.length - 1) && !first.includes(newline)
}

function refuseOther(first: Buffer, { path, format }: InputFile): void {
  const contents = contentsOf(first)
  if (contents !== undefined)
    throw new ValenceError("input_invalid", `input ${path} holds ${contents.name}: ${contents.fix(path, format)}`)
}

async function beginAtReturns(
  first: Buffer,
  iterator: AsyncIterator<Buffer>,
): Promise<Pick<TextBlocks, "first" | "rest">> {
  const rest = endLinesAtReturns(goOn(first, iterator))
  const { value = Buffer.alloc(0) } = await rest.next()
  return { first: value, rest }
}

async function* goOn(first: Buffer, iterator: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield first
    for (;;) {
      const { value, done } = await iterator.next()
      if (done) return
      yield value
    }
  } finally {
    await iterator.return?.(undefined)
  }
}
