import { findEncoding, type TextEncoding } from "./encodings.ts"

/** Enough to tell languages apart by. */
const mostSampleBytes = 64 * 1024

/** Bytes that are not UTF-8: what their encoding is guessed from. */
export class UnreadableText {
  readonly #parts: Buffer[] = []
  #bytes = 0
  #rows = 0
  #zeroRows = 0

  /** Notes a row. */
  add(bytes: Buffer): void {
    this.#rows++
    if (this.#bytes >= mostSampleBytes) return
    const part = Buffer.from(bytes.subarray(0, mostSampleBytes - this.#bytes))
    this.#parts.push(part, Buffer.from("\n"))
    this.#bytes += part.length
  }

  /** Notes a row that is read although it has zero bytes. */
  addZeroBytes(): void {
    this.#zeroRows++
  }

  /** What a user should know about zero bytes; `undefined` if there are none. */
  zeroBytesNote(): string | undefined {
    if (this.#zeroRows === 0) return undefined
    const rows = this.#zeroRows === 1 ? "1 row has" : `${this.#zeroRows} rows have`
    return `${rows} zero bytes (NUL), which text has not: ${this.#zeroRows === 1 ? "it was" : "they were"} read with them`
  }

  /**
   * What a user should do about the rows; `undefined` if there are none.
   *
   * @param again - what else reading them again takes
   */
  async hint(again = ""): Promise<string | undefined> {
    if (this.#rows === 0) return undefined
    const encoding = await guessEncoding(Buffer.concat(this.#parts))
    const rows = this.#rows === 1 ? "1 row is" : `${this.#rows} rows are`
    return `${rows} not UTF-8: if the file is ${encoding}, read it with --encoding ${encoding}${again}`
  }
}

/** Letters and signs that Western European languages have outside ASCII, and nearly nothing else that Windows-1252 has. */
const western =
  /^[\0-\x7fàáâãäåæçèéêëìíîïñòóôõöøùúûüÿœßÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜŒ‘’“”‚„…–—•€£§°²«»¿¡·´ªº©®™\u00a0]*$/u

/** Such letters stand alone or in pairs; three in a row are the rule in other alphabets. */
const threeInRow = /[^\0-\x7f]{3}/

/** So few bytes outside ASCII say little to a statistic. */
const fewBytes = 48

/** Characters of Chinese, Japanese and Korean text. */
const eastern = /^[\0-\x7f\u3000-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff5e‘’“”…—·]*$/u

const easternEncodings: readonly TextEncoding[] = ["shift_jis", "gb18030", "euc-kr", "euc-jp", "big5"]

/** Simplified Chinese: of text in Big5, hardly any has no second byte that is ASCII. */
const gb2312 = /^(?:[\0-\x7f]|[\xa1-\xf7][\xa1-\xfe])*$/

/**
 * The likeliest encoding of text that is not UTF-8. A statistical guess: short texts of one alphabet look like those of
 * another. Of short ones those are preferred that have only the usual characters.
 */
export async function guessEncoding(sample: Buffer): Promise<TextEncoding> {
  const [{ analyse }, { default: iconv }] = await Promise.all([import("chardet"), import("iconv-lite")])
  const high = sample.filter(byte => byte >= 0x80)
  // ISO 8859 has control characters there, which no text has.
  const hasControls = high.some(byte => byte < 0xa0)
  const isWhole = (encoding: TextEncoding) =>
    !iconv.decode(sample, encoding).includes("\ufffd") && !(hasControls && encoding.startsWith("iso-8859-"))
  const likely = analyse(sample).flatMap(({ name }) => findEncoding(name) ?? [])
  const found = likely.filter(encoding => !encoding.startsWith("utf-") && isWhole(encoding))
  if (high.length <= fewBytes) {
    const text = iconv.decode(sample, "windows-1252")
    if (western.test(text) && !threeInRow.test(text)) return "windows-1252"
    const isEastern = (encoding: TextEncoding) => isWhole(encoding) && eastern.test(iconv.decode(sample, encoding))
    const asia = [...found.filter(encoding => easternEncodings.includes(encoding)), ...easternEncodings].find(isEastern)
    if (asia === "big5" && gb2312.test(sample.toString("latin1"))) return "gb18030"
    if (asia !== undefined) return asia
  }
  return found[0] ?? "windows-1252"
}
