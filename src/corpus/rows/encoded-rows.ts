import { ValenceError } from "../../errors.ts"
import type { TextEncoding } from "../encoding/encodings.ts"
import { guessEncoding, type UnreadableText } from "../encoding/guess-encoding.ts"
import type { RecordBatch } from "../records/record.ts"
import type { Row } from "./row.ts"
import { findUnreadable, notUtf8, type RowReader } from "./row-reader.ts"

/**
 * A reader whose rows are described in terms of the input's encoding. Rows that are not UTF-8 are noted, to guess their
 * encoding by.
 */
export function encodedRows(reader: RowReader, encoding: TextEncoding, unreadable: UnreadableText): RowReader {
  return {
    ...reader,
    read(batch) {
      const rows = reader.read(batch)
      countZeroBytes(batch, rows, unreadable)
      for (let at = 0; at < rows.length; at++) {
        const row = rows[at]
        if (row?.problem !== notUtf8) continue
        const record = batch.records[at]
        if (encoding !== "utf-8") rows[at] = { ...row, problem: notValid(encoding) }
        else if (record !== undefined) unreadable.add(batch.buffer.subarray(record.from, record.to))
      }
      return rows
    },
  }
}

function countZeroBytes({ buffer, records }: RecordBatch, rows: readonly Row[], unreadable: UnreadableText): void {
  const all = buffer.subarray(records[0]?.from ?? 0, records.at(-1)?.to ?? 0)
  if (!all.includes(0)) return
  for (const [at, { from, to }] of records.entries())
    if (rows[at]?.problem === undefined && buffer.subarray(from, to).includes(0)) unreadable.addZeroBytes()
}

const notValid = (encoding: TextEncoding) => `is not valid ${encoding}`

/**
 * Refuses a header that cannot be decoded.
 *
 * @throws ValenceError `input_invalid`, with the likely encoding
 */
export async function requireHeader([batch]: readonly RecordBatch[], encoding: TextEncoding): Promise<void> {
  const record = batch?.records[0]
  if (batch === undefined || record === undefined) return
  if (findUnreadable({ ...batch, records: [record] }).get(0) !== notUtf8) return
  const where = `line ${record.line}, the header,`
  if (encoding !== "utf-8") throw new ValenceError("input_invalid", `${where} ${notValid(encoding)}`)
  const likely = await guessEncoding(batch.buffer)
  throw new ValenceError(
    "input_invalid",
    `${where} ${notUtf8}: if the file is ${likely}, read it with --encoding ${likely}`,
  )
}
