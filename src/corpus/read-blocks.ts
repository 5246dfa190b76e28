import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { type FileHandle, open } from "node:fs/promises"
import { type Readable, Transform } from "node:stream"
import { createGunzip } from "node:zlib"
import { asError, ValenceError } from "../errors.ts"
import { type InputFile, standardStream } from "./run-files.ts"

const blockBytes = 128 * 1024

/** The bytes of a corpus, decompressed, block by block. */
export interface Blocks extends AsyncIterable<Buffer> {
  /** Bytes of the file that were read so far, compressed where the file is: what progress is told by. */
  readonly fileBytes: () => number
}

/**
 * Reads a corpus from a position on. A compressed file is decompressed from its start, and what lies before the
 * position is passed over.
 *
 * @param from - bytes of decompressed input that are skipped
 * @throws ValenceError `input_invalid` where the file cannot be read or decompressed
 */
export function readBlocks(input: InputFile, from: number, stdin: Readable): Blocks {
  let fileBytes = input.compression ? 0 : from
  const count = (bytes: number) => {
    fileBytes += bytes
  }
  async function* guarded() {
    try {
      if (input.path === standardStream) yield* countBlocks(stdin, count)
      else if (input.compression) yield* decompress(input.path, input.compression, from, count)
      else yield* readFile(input.path, from, count)
    } catch (error) {
      const { message } = asError(error)
      throw new ValenceError("input_invalid", `input ${input.path} cannot be read: ${message}`, { cause: error })
    }
  }
  return { [Symbol.asyncIterator]: guarded, fileBytes: () => fileBytes }
}

async function* readFile(path: string, from: number, count: (bytes: number) => void) {
  const file = await open(path)
  try {
    for (let position = from; ; ) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafeSlow(blockBytes), 0, blockBytes, position)
      if (bytesRead === 0) return
      position += bytesRead
      count(bytesRead)
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

async function* decompress(path: string, by: "gzip" | "zstd", from: number, count: (bytes: number) => void) {
  const file = createReadStream(path, { highWaterMark: blockBytes })
  const plain = by === "gzip" ? createGunzip({ chunkSize: blockBytes }) : await createUnzstd()
  file.on("data", data => count(data.length))
  file.on("error", error => plain.destroy(error))
  file.pipe(plain)
  try {
    let skip = from
    for await (const block of plain as AsyncIterable<Buffer>) {
      if (skip >= block.length) skip -= block.length
      else {
        yield skip === 0 ? block : block.subarray(skip)
        skip = 0
      }
    }
  } finally {
    file.destroy()
    plain.destroy()
  }
}

/** Loaded when it is needed: most files are none of zstd. */
async function createUnzstd(): Promise<Transform> {
  const { Decompress } = await import("fzstd")
  const stream = new Transform({
    readableHighWaterMark: blockBytes,
    transform(data: Buffer, _, done) {
      attempt(() => frames.push(data), done)
    },
    flush(done) {
      attempt(() => frames.push(new Uint8Array(0), true), done)
    },
  })
  const frames = new Decompress(plain => stream.push(Buffer.from(plain)))
  return stream
}

function attempt(work: () => void, done: (error?: Error) => void): void {
  try {
    work()
    done()
  } catch (error) {
    done(asError(error))
  }
}

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

/** The fingerprint of a file, and when it was last changed, to notice that it changes during the run. */
export async function fingerprint(path: string): Promise<Fingerprint & { readonly changedMs: number }> {
  const file = await open(path).catch((error: unknown) => {
    throw new ValenceError("input_invalid", `input ${path} cannot be read: ${asError(error).message}`, { cause: error })
  })
  try {
    const stat = await file.stat()
    if (!stat.isFile())
      throw new ValenceError("input_invalid", `input must be a file, or - for standard input; got ${path}`)
    return { bytes: stat.size, sha256: await digest(file), changedMs: stat.mtimeMs }
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
