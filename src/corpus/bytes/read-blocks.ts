import { createHash } from "node:crypto"
import { type FileHandle, open } from "node:fs/promises"
import type { Readable } from "node:stream"
import { asError, ValenceError } from "../../errors.ts"
import { type InputFile, standardStream } from "../formats.ts"
import { ByteSource } from "./byte-source.ts"
import { fileState } from "./file-state.ts"
import { gunzip, isGzip } from "./gunzip.ts"
import { RefusedInput } from "./refused-input.ts"
import { skipBytes } from "./skip-bytes.ts"
import { unzip } from "./unzip.ts"
import { isZstd, unzstd } from "./unzstd.ts"

const blockBytes = 128 * 1024

/** The bytes of a corpus, decompressed, block by block. */
export interface Blocks extends AsyncIterable<Buffer> {
  /** Bytes of the file that were read so far, compressed if the file is: the measure of progress. */
  readonly fileBytes: () => number
  /** What a user should know about the bytes that were read so far. */
  readonly notes: readonly string[]
}

/**
 * Reads a corpus from a position on. A compressed file is decompressed from its start, and what is before the
 * position is passed over. Compressed standard input is recognised by its first bytes.
 *
 * @param from - bytes of decompressed input that are skipped
 * @throws ValenceError `input_invalid` if the file cannot be read or decompressed
 */
export function readBlocks(input: InputFile, from: number, stdin: Readable): Blocks {
  const notes: string[] = []
  let fileBytes = input.compression ? 0 : from
  const count = (bytes: number) => {
    fileBytes += bytes
  }
  async function* guarded() {
    try {
      if (input.path === standardStream) yield* unpackStream(input, countBlocks(stdin, count), notes)
      else if (input.compression) yield* skipBytes(unpackFile(input, count, notes), from)
      else yield* readFile(input.path, from, count)
    } catch (error) {
      if (error instanceof ValenceError) throw error
      const { message } = asError(error)
      const verdict = error instanceof RefusedInput ? message : `cannot be read: ${message}`
      throw new ValenceError("input_invalid", `input ${nameOf(input)} ${verdict}`, { cause: error })
    }
  }
  return { [Symbol.asyncIterator]: guarded, fileBytes: () => fileBytes, notes }
}

const nameOf = ({ path }: InputFile) => (path === standardStream ? "from standard input" : path)

async function* readFile(path: string, from: number, count: (bytes: number) => void, length = Infinity) {
  const file = await open(path)
  try {
    const end = from + length
    for (let position = from; position < end; ) {
      const wanted = Math.min(blockBytes, end - position)
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafeSlow(wanted), 0, wanted, position)
      if (bytesRead === 0) return
      position += bytesRead
      count(bytesRead)
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

async function* unpackFile(input: InputFile, count: (bytes: number) => void, notes: string[]) {
  const { path, compression } = input
  if (compression === "zip") yield* unzip(path, (from, length) => readFile(path, from, count, length))
  else {
    const source = new ByteSource(readFile(path, 0, count))
    try {
      yield* unpack(compression, source, input, notes)
    } finally {
      await source.close()
    }
  }
}

async function* unpackStream(input: InputFile, blocks: AsyncIterable<Buffer>, notes: string[]) {
  const source = new ByteSource(blocks)
  try {
    const first = await source.peek(4)
    yield* unpack(isGzip(first) ? "gzip" : isZstd(first) ? "zstd" : undefined, source, input, notes)
  } finally {
    await source.close()
  }
}

async function* unpack(by: "gzip" | "zstd" | undefined, source: ByteSource, input: InputFile, notes: string[]) {
  const note = (text: string) => void notes.push(text)
  if (by === "gzip") yield* gunzip(source, note)
  else if (by === "zstd") yield* unzstd(source, note, unpackCommand(input))
  else for (let block = await source.block(); block !== undefined; block = await source.block()) yield block
}

const unpackCommand = ({ path, format }: InputFile) =>
  `zstd -dc --long=31${path === standardStream ? "" : ` ${path}`} | valence label - --format ${format}`

async function* countBlocks(stream: Readable, count: (bytes: number) => void) {
  for await (const data of stream) {
    const block = typeof data === "string" ? Buffer.from(data) : (data as Buffer)
    count(block.length)
    yield block
  }
}

/** What an input file is known by: another size or another digest is another input. */
export interface Fingerprint {
  readonly bytes: number
  /** SHA-256 of the whole file: seconds for 10 GB, against the hours that labelling them takes. */
  readonly sha256: string
}

/** The fingerprint of a file, and its state, to notice that it changes during the run. */
export interface OpenedFingerprint extends Fingerprint {
  /** As `fileState` gives it. */
  readonly state: string
}

/** @throws ValenceError `input_invalid` if the file cannot be read */
export async function fingerprint(path: string): Promise<OpenedFingerprint> {
  const file = await open(path).catch((error: unknown) => {
    throw new ValenceError("input_invalid", `input ${path} cannot be read: ${asError(error).message}`, { cause: error })
  })
  try {
    const stat = await file.stat({ bigint: true })
    if (!stat.isFile())
      throw new ValenceError("input_invalid", `input must be a file, or - for standard input; got ${path}`)
    return { bytes: Number(stat.size), sha256: await digest(file), state: fileState(stat) }
  } finally {
    await file.close()
  }
}

async function digest(file: FileHandle): Promise<string> {
  const hash = createHash("sha256")
  const buffer = Buffer.allocUnsafeSlow(1024 * 1024)
  for (let position = 0; ; ) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position)
    if (bytesRead === 0) return hash.digest("hex")
    hash.update(buffer.subarray(0, bytesRead))
    position += bytesRead
  }
}
