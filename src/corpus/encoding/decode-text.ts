import { isUtf8 } from "node:buffer"
import { ValenceError } from "../../errors.ts"
import { wideEncodingOf } from "../../unicode-kind.ts"
import type { TextEncoding } from "./encodings.ts"

/** No byte of UTF-8: a row that has it is listed as one that cannot be read. */
const unreadable = Buffer.from([0xff])

const utf8Mark = Buffer.from([0xef, 0xbb, 0xbf])

/** How many bytes one unit of a wide encoding has. */
const unitBytes: Readonly<Partial<Record<TextEncoding, number>>> = {
  "utf-16le": 2,
  "utf-16be": 2,
  "utf-32le": 4,
  "utf-32be": 4,
}

/** Encodings of several bytes a character, for which Node's decoder is right wherever a block ends, and iconv-lite is not. */
const manyBytes: readonly TextEncoding[] = ["shift_jis", "euc-jp", "gb18030", "big5", "euc-kr"]

/** What is looked at to see that text is not clearly in another encoding. */
const firstBytes = 64

/** Decodes blocks in order: the end of one may be the first half of a character. */
interface StringDecoder {
  write(block: Buffer): string
  end(): string
}

/**
 * Reads text in an encoding, and gives it as UTF-8. What is not valid in the encoding becomes a byte that UTF-8 does not have.
 *
 * @throws ValenceError `input_invalid` if its beginning is in another encoding
 */
export async function* decodeText(blocks: AsyncIterable<Buffer>, encoding: TextEncoding): AsyncGenerator<Buffer> {
  const decoder = await openDecoder(encoding)
  const hasReplacements = encoding.startsWith("utf-16")
  let bytes = 0
  let held = ""
  for await (const block of checked(blocks, encoding)) {
    bytes += block.length
    const text = held + decoder.write(block)
    // Half a pair of UTF-16: the other half is in the next block.
    held = (text.charCodeAt(text.length - 1) & 0xfc00) === 0xd800 ? text.slice(-1) : ""
    yield toUtf8(text.slice(0, text.length - held.length), hasReplacements)
  }
  yield toUtf8(held + decoder.end(), hasReplacements)
  if (bytes % (unitBytes[encoding] ?? 1) !== 0) yield unreadable
}

async function openDecoder(encoding: TextEncoding): Promise<StringDecoder> {
  if (manyBytes.includes(encoding)) {
    const decoder = new TextDecoder(encoding, { ignoreBOM: true })
    return { write: block => decoder.decode(block, { stream: true }), end: () => decoder.decode() }
  }
  const decoder = (await import("iconv-lite")).default.getDecoder(encoding)
  return { write: block => decoder.write(block), end: () => decoder.end() ?? "" }
}

/** The blocks, of which the first is long enough to recognise an encoding. */
async function* checked(blocks: AsyncIterable<Buffer>, encoding: TextEncoding): AsyncGenerator<Buffer> {
  let first: Buffer | undefined = Buffer.alloc(0)
  for await (const block of blocks) {
    if (first === undefined) {
      yield block
      continue
    }
    first = Buffer.concat([first, block])
    if (first.length < firstBytes) continue
    requireEncoding(first, encoding)
    yield first
    first = undefined
  }
  if (first === undefined) return
  requireEncoding(first, encoding)
  yield first
}

/** Lone surrogates, and the characters that stand for what could not be decoded. */
const unpaired = /\p{Surrogate}/u
const undecoded = /\p{Surrogate}|\ufffd/u

/** @param hasReplacements - whether U+FFFD is a character of the text, not the decoder's */
function toUtf8(text: string, hasReplacements: boolean): Buffer {
  const bad = hasReplacements ? unpaired : undecoded
  if (!bad.test(text)) return Buffer.from(text)
  const parts = text.split(bad).map(part => Buffer.from(part))
  return Buffer.concat(parts.flatMap((part, at) => (at === 0 ? [part] : [unreadable, part])))
}

/**
 * Refuses text that is clearly in another encoding than was asked for.
 *
 * @param first - its first bytes
 * @throws ValenceError `input_invalid`, with the encoding
 */
export function requireEncoding(first: Buffer, encoding: TextEncoding): void {
  const wide = wideEncodingOf(first)
  if (wide !== undefined) {
    const name = wide.name.toLowerCase()
    // Text of four bytes a character that is damaged looks like text of two.
    if (name === encoding || (!wide.hasMark && name.replace("16", "32") === encoding)) return
    const from = wide.hasMark ? wide.name.slice(0, 6) : wide.name
    const sign = wide.hasMark ? "its byte order mark says" : "its zero bytes say, without a byte order mark"
    throw new ValenceError(
      "input_invalid",
      `input is ${wide.name}, as ${sign}: read it with --encoding ${name}, or convert it: iconv -f ${from} -t UTF-8`,
    )
  }
  if (encoding === "utf-8") return
  const lines = first.subarray(0, first.lastIndexOf("\n") + 1 || first.length)
  const isNarrow = unitBytes[encoding] !== undefined && !first.includes(0) && isUtf8(lines)
  if (isNarrow || first.subarray(0, 3).equals(utf8Mark))
    throw new ValenceError("input_invalid", `input is UTF-8, not ${encoding}: leave out --encoding`)
}
