import { isUtf8 } from "node:buffer"

/** An encoding of Unicode other than UTF-8, and how it was recognised. */
export interface WideEncoding {
  readonly name: "UTF-16LE" | "UTF-16BE" | "UTF-32LE" | "UTF-32BE"
  readonly hasMark: boolean
}

/**
 * Recognises UTF-16 and UTF-32: by the byte order mark, otherwise by the zero bytes that ASCII characters have there and
 * UTF-8 does not.
 *
 * @param first - the beginning of a file
 * @returns `undefined` if it may be UTF-8
 */
export function wideEncodingOf(first: Buffer): WideEncoding | undefined {
  const marked = markOf(first)
  if (marked !== undefined) return { name: marked, hasMark: true }
  if (!first.includes(0)) return undefined
  if (isUtf32(first, "LE")) return { name: "UTF-32LE", hasMark: false }
  if (isUtf32(first, "BE")) return { name: "UTF-32BE", hasMark: false }
  if (isUtf16(first, 1)) return { name: "UTF-16LE", hasMark: false }
  if (isUtf16(first, 0)) return { name: "UTF-16BE", hasMark: false }
  return undefined
}

function markOf(first: Buffer): WideEncoding["name"] | undefined {
  const mark = first.subarray(0, 4).toString("hex")
  if (mark === "fffe0000") return "UTF-32LE"
  if (mark === "0000feff") return "UTF-32BE"
  if (mark.startsWith("fffe")) return "UTF-16LE"
  if (mark.startsWith("feff")) return "UTF-16BE"
  return undefined
}

/** Whether every four bytes are a code point, and not all of them are zero. */
function isUtf32(bytes: Buffer, order: "LE" | "BE"): boolean {
  if (bytes.length < 4) return false
  let isText = false
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const point = order === "LE" ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)
    if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return false
    if (point !== 0) isText = true
  }
  return isText
}

/**
 * Whether zero bytes are where UTF-16 has those of ASCII characters and nowhere else, and too many of them, or too well
 * aligned with line ends, for a chance.
 *
 * @param zeros - where they are in each pair
 */
function isUtf16(bytes: Buffer, zeros: 0 | 1): boolean {
  const { pairs, aligned, misaligned, lines, wideLines } = countPairs(bytes, zeros)
  if (aligned === 0) return false
  const isPure = misaligned * 20 <= aligned
  if (isPure && aligned >= pairs / 5) return true
  return lines > 0 && lines === wideLines && ((isPure && aligned >= 8) || !isUtf8(bytes))
}

function countPairs(bytes: Buffer, zeros: 0 | 1) {
  let [aligned, misaligned, lines, wideLines] = [0, 0, 0, 0]
  for (let at = 0; at + 2 <= bytes.length; at += 2) {
    const character = bytes[at + 1 - zeros]
    const isZero = bytes[at + zeros] === 0
    if (isZero && character !== 0) aligned++
    if (character === 0) misaligned++
    if (character === 0x0a) {
      lines++
      if (isZero) wideLines++
    }
  }
  return { pairs: bytes.length >> 1, aligned, misaligned, lines, wideLines }
}
