import type { Readable } from "node:stream"
import { setImmediate as nextTurn } from "node:timers/promises"
import type { Complete } from "../../declaration.ts"
import { shown, ValenceError } from "../../errors.ts"
import { UnreadableText } from "../encoding/guess-encoding.ts"
import { openText } from "../encoding/text-blocks.ts"
import { type InputFile, standardStream } from "../formats.ts"
import type { readOptions } from "../options.ts"
import { FewValues, type FieldRules } from "../records/few-values.ts"
import { readStart } from "../records/input-start.ts"
import { type JsonShape, readShape } from "../records/json-shape.ts"
import type { RecordBatch, RecordRules, Splitter } from "../records/record.ts"
import { RecordSplitter } from "../records/split-records.ts"
import { ValueSplitter } from "../records/split-values.ts"
import { csvReader } from "../rows/csv-rows.ts"
import { encodedRows, requireHeader } from "../rows/encoded-rows.ts"
import { jsonlReader } from "../rows/jsonl-rows.ts"
import type { Row } from "../rows/row.ts"
import type { RowReader } from "../rows/row-reader.ts"
import type { InputPosition, OpenRows } from "../rows/row-source.ts"
import { textReader } from "../rows/text-rows.ts"
import { requireApplicable } from "./applicable-options.ts"
import { type Head, readHead } from "./read-head.ts"

/** Rows that are read in one turn of the event loop: one of broken JSON costs an exception. */
const rowsAtOnce = 250
/** A batch with more bytes is of long rows, which took their time already. */
const longBytes = 1024 * 1024

/**
 * Opens a corpus: its encoding is checked, its header or first row read, its text column found.
 *
 * @throws ValenceError `input_invalid` if it cannot be read as its format; `option_invalid` if no column holds
 * the text
 * @param needed - what of a row is asked for: of Parquet the columns of all else are not read
 * @param mostValues - that a row may have; not for Parquet
 */
export async function openRows(
  input: InputFile,
  options: Complete<typeof readOptions>,
  stdin: Readable,
  needed: "text" | "cells" = "cells",
  mostValues = Infinity,
): Promise<OpenRows> {
  requireApplicable(input.format, options)
  if (input.format === "parquet") {
    const { openParquetRows } = await import("../parquet/parquet-rows.ts")
    if (options.encoding !== "utf-8")
      throw new ValenceError("option_invalid", `--encoding must be left out for Parquet; got ${options.encoding}`)
    return openParquetRows(input.path, { ...options, cells: needed === "cells" })
  }
  const { encoding } = options
  const text = await openText(input, encoding, stdin)
  const unreadable = new UnreadableText()
  let iterator = text.rest
  try {
    const { first } = text
    const bom = first.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf]))
    const skipped = { skipLines: options.skipLines, isDelimited: input.format === "csv" || input.format === "tsv" }
    const begin = await readStart(bom ? first.subarray(3) : first, bom ? 3 : 0, iterator, skipped)
    const delimiter = delimiterOf(input, options, begin.delimiter)
    const rules: RecordRules = {
      delimiter: options.quotes === "csv" ? delimiter?.charCodeAt(0) : undefined,
      escape: delimiter === undefined ? undefined : options.escape?.charCodeAt(0),
      maxRowBytes: options.maxRowBytes,
    }
    const { shape, rest } =
      input.format === "jsonl"
        ? await readShape(begin.rest, iterator, mostValues)
        : ({ shape: "lines", rest: begin.rest } as const)
    const fields = delimiter === undefined ? undefined : fieldRulesOf(options, delimiter)
    const hasValues = mostValues < Infinity && input.format !== "text"
    const split = (from: InputPosition, isBegun: boolean): Splitter => {
      const splitter = splitterFor(shape, rules, from, isBegun)
      return hasValues ? new FewValues(splitter, mostValues, fields) : splitter
    }
    const splitter = split({ bytes: begin.bytes, line: begin.lines + 1 }, false)
    const { head, objects } = await readHead(input.format, splitter, rest, iterator)
    if (delimiter !== undefined) await requireHeader(head, encoding)
    const reader = encodedRows(makeReader(input, options, delimiter, head, objects), encoding, unreadable)
    const queued = reader.header === undefined ? head : withoutFirst(head)
    return {
      columns: reader.columns,
      taken: reader.taken ?? reader.columns,
      column: reader.column,
      kinds: reader.kinds,
      bom,
      delimiter,
      header: `${begin.sepLine}${reader.header ?? ""}`,
      isHeadless: delimiter !== undefined && reader.header === undefined,
      warnings: reader.warnings,
      lineEnding: lineEndingOf(head),
      start: startOf(queued, splitter),
      async *rows(from) {
        if (from === undefined) {
          for (const batch of queued) yield* readBatch(reader, batch)
          yield* readRest(reader, splitter, iterator)
        } else {
          await iterator.return?.(undefined)
          iterator = text.from(from.bytes)
          yield* readRest(reader, split(from, true), iterator)
        }
      },
      fileBytes: text.fileBytes,
      async notes() {
        const hints = [await unreadable.hint(" (and --force to start over)"), unreadable.zeroBytesNote()]
        return [...reader.warnings, ...text.notes(), ...hints.filter(hint => hint !== undefined)]
      },
      async close() {
        if (input.path === standardStream) stdin.destroy()
        else await iterator.return?.(undefined)
      },
    }
  } catch (error) {
    await iterator.return?.(undefined)
    throw error
  }
}

/** @param isBegun - whether the position is that of a row, not of the input's beginning */
function splitterFor(shape: JsonShape, rules: RecordRules, { bytes, line }: InputPosition, isBegun: boolean): Splitter {
  if (shape === "lines") return new RecordSplitter(rules, bytes, line)
  const array = shape === "values" ? "none" : isBegun ? "begun" : "expected"
  return new ValueSplitter(rules.maxRowBytes, array, bytes, line)
}

/** What separates the fields of the input; `undefined` for a format that has none. */
function delimiterOf(
  { format }: InputFile,
  options: Complete<typeof readOptions>,
  named: string | undefined,
): string | undefined {
  if (format !== "csv" && format !== "tsv") return undefined
  const delimiter = options.delimiter ?? named ?? (format === "csv" ? "," : "\t")
  if (delimiter === options.escape)
    throw new ValenceError("option_invalid", `escape must be another character than delimiter; got ${shown(delimiter)}`)
  return delimiter
}

function fieldRulesOf({ quotes, escape: escaping }: Complete<typeof readOptions>, delimiter: string): FieldRules {
  return { delimiter: delimiter.charCodeAt(0), quotes: quotes === "csv", escape: escaping?.charCodeAt(0) }
}

function makeReader(
  input: InputFile,
  options: Complete<typeof readOptions>,
  delimiter: string | undefined,
  head: Head["head"],
  objects: Head["objects"],
): RowReader {
  if (delimiter !== undefined) {
    const header = head[0] ?? { buffer: Buffer.alloc(0), offset: 0, records: [] }
    const dialect = { delimiter, quotes: options.quotes, escape: options.escape }
    return csvReader(dialect, header, options.column, options.header)
  }
  if (input.format === "text") return textReader(options.column)
  return jsonlReader(objects, options.column)
}

function withoutFirst([first, ...others]: readonly RecordBatch[]): readonly RecordBatch[] {
  return first === undefined ? [] : [{ ...first, records: first.records.slice(1) }, ...others]
}

function startOf(queued: readonly RecordBatch[], splitter: Splitter): InputPosition {
  for (const batch of queued) {
    const [record] = batch.records
    if (record !== undefined) return { bytes: batch.offset + record.from, line: record.line }
  }
  return { bytes: splitter.offset, line: splitter.line }
}

function lineEndingOf(head: readonly RecordBatch[]): "\n" | "\r\n" {
  const [batch] = head
  const [record] = batch?.records ?? []
  return batch !== undefined && record !== undefined && batch.buffer[record.to] === 0x0d ? "\r\n" : "\n"
}

/** Reads the rows of a batch, some at a time: one may hold a hundred thousand, and a server has others to answer. */
async function* readBatch(reader: RowReader, batch: RecordBatch): AsyncGenerator<Row[]> {
  for (let at = 0; at < batch.records.length; at += rowsAtOnce) {
    if (at > 0 || batch.buffer.length > longBytes) await nextTurn()
    yield reader.read({ ...batch, records: batch.records.slice(at, at + rowsAtOnce) })
  }
}

async function* readRest(
  reader: RowReader,
  splitter: Splitter,
  iterator: AsyncIterator<Buffer>,
): AsyncGenerator<Row[]> {
  try {
    for (;;) {
      const { value, done } = await iterator.next()
      const batch = splitter.push(done ? Buffer.alloc(0) : value, done === true)
      yield* readBatch(reader, batch)
      if (done) return
    }
  } finally {
    await iterator.return?.(undefined)
  }
}
