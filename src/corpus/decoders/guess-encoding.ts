import { type Encoding, findEncoding } from "./encodings.ts"

/** Enough to tell languages apart by. */
const mostSampleBytes = 64 * 1024

/** Bytes that are not UTF-8: what their encoding is guessed from. */
export class UnreadableText {
  readonly #parts: Buffer[] = []
  #bytes = 0
  #rows = 0

  /** Notes a row. */
  add(bytes: Buffer): void {
    this.#rows++
    if (this.#bytes >= mostSampleBytes) return
    const part = Buffer.from(bytes.subarray(0, mostSampleBytes - this.#bytes))
    this.#parts.push(part, Buffer.from("\n"))
    this.#bytes += part.length
  }

  /** What a user should do about the rows; `undefined` if there are none. */
  async hint(): Promise<string | undefined> {
    if (this.#rows === 0) return undefined
    const encoding = await guessEncoding(Buffer.concat(this.#parts))
    const rows = this.#rows === 1 ? "1 row is" : `${this.#rows} rows are`
    return `${rows} not UTF-8: if the file is ${encoding}, read it with --encoding ${encoding} (and --force to start over)`
  }
}

/**
 * The likeliest encoding of text that is not UTF-8. A statistical guess: short texts of one alphabet look like those of
 * another.
 */
export async function guessEncoding(sample: Buffer): Promise<Encoding> {
  const [{ analyse }, { default: iconv }] = await Promise.all([import("chardet"), import("iconv-lite")])
  const isWhole = (encoding: Encoding) => !iconv.decode(sample, encoding).includes("\ufffd")
  const likely = analyse(sample).flatMap(({ name }) => findEncoding(name) ?? [])
  return likely.find(encoding => !encoding.startsWith("utf-") && isWhole(encoding)) ?? "windows-1252"
}
