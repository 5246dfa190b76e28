import { ValenceError } from "../../errors.ts"

/** What comes before the first record of an input. */
export interface InputStart {
  /** Bytes and lines before the first record. */
  readonly bytes: number
  readonly lines: number
  /** The bytes after these that were read already. */
  readonly rest: Buffer
  /** A first line such as `sep=;`, with its line ending; "" if none exists. */
  readonly sepLine: string
  /** The delimiter that this line names. */
  readonly delimiter: string | undefined
}

const newline = 0x0a
/** No line that names a delimiter is longer. */
const mostSepBytes = 16

/**
 * Passes over the lines before the header that are to be skipped, and over a line that names the delimiter, as Excel
 * writes it.
 *
 * @param first - the first block, without its byte order mark
 * @param bom - bytes of the byte order mark
 * @throws ValenceError `input_invalid` if the input ends in the lines that are to be skipped
 */
export async function readStart(
  first: Buffer,
  bom: number,
  blocks: AsyncIterator<Buffer>,
  { skipLines, isDelimited }: { readonly skipLines: number; readonly isDelimited: boolean },
): Promise<InputStart> {
  let rest = first
  let bytes = bom
  for (let lines = 0; lines < skipLines; ) {
    const end = rest.indexOf(newline)
    const passed = end === -1 ? rest.length : end + 1
    rest = rest.subarray(passed)
    bytes += passed
    if (end !== -1) lines++
    else {
      const { value, done } = await blocks.next()
      if (done)
        throw new ValenceError(
          "input_invalid",
          `input must have more than the ${skipLines} lines that skipLines skips; it has ${lines}`,
        )
      rest = value
    }
  }
  while (isDelimited && rest.length < mostSepBytes && !rest.includes(newline)) {
    const { value, done } = await blocks.next()
    if (done) break
    rest = Buffer.concat([rest, value])
  }
  const found = isDelimited ? /^"?sep=([^\r\n])"?\r?\n/i.exec(rest.toString("latin1", 0, mostSepBytes)) : null
  const sepLine = found?.[0] ?? ""
  return {
    bytes: bytes + sepLine.length,
    lines: skipLines + (found === null ? 0 : 1),
    rest: rest.subarray(sepLine.length),
    sepLine,
    delimiter: found?.[1],
  }
}
