import type { Readable } from "node:stream"
import type { TextEncoding } from "../encoding/encodings.ts"
import { UnreadableText } from "../encoding/guess-encoding.ts"
import { openText } from "../encoding/text-blocks.ts"
import { standardStream } from "../formats.ts"
import { readOptions } from "../options.ts"
import { RecordSplitter } from "../records/split-records.ts"
import { encodedRows } from "../rows/encoded-rows.ts"
import type { Row } from "../rows/row.ts"
import { textReader } from "../rows/text-rows.ts"

/** The lines of a stream. */
export interface TextLines {
  /** The lines in order, empty ones too, as they arrive. */
  rows(): AsyncGenerator<Row[]>
  /** What a user should know about what was read so far. */
  notes(): Promise<readonly string[]>
}

/**
 * Reads the lines of a stream as `valence label` reads plain text, but for empty lines, which are rows too.
 *
 * @throws ValenceError `input_invalid` if it is no text, or text of another encoding
 */
export async function readTextLines(stream: Readable, encoding: TextEncoding): Promise<TextLines> {
  const input = { path: standardStream, format: "text", compression: undefined } as const
  const text = await openText(input, encoding, stream)
  const mark = text.first.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])) ? 3 : 0
  const rules = { delimiter: undefined, maxRowBytes: readOptions.maxRowBytes.default, keepsEmpty: true }
  const splitter = new RecordSplitter(rules, mark, 1)
  const unreadable = new UnreadableText()
  const reader = encodedRows(textReader(), encoding, unreadable)
  return {
    async *rows() {
      try {
        yield reader.read(splitter.push(text.first.subarray(mark)))
        for (let ended = false; !ended; ) {
          const { value, done } = await text.rest.next()
          ended = done === true
          yield reader.read(splitter.push(done ? Buffer.alloc(0) : value, ended))
        }
      } finally {
        await text.rest.return?.(undefined)
      }
    },
    async notes() {
      const hint = await unreadable.hint()
      return hint === undefined ? text.notes() : [...text.notes(), hint]
    },
  }
}
