import { once } from "node:events"
import type { BigIntStats } from "node:fs"
import { type FileHandle, stat } from "node:fs/promises"
import type { Writable } from "node:stream"
import { promisify } from "node:util"
import { gzip } from "node:zlib"
import { asError } from "../../errors.ts"
import { outputFailed } from "../../files/output-failed.ts"
import { explainedFailure } from "../files/explained-failure.ts"
import { standardStream } from "../formats.ts"

/**
 * Where lines go. One call at a time: each is awaited before the next. Each throws ValenceError `output_failed` where
 * the system refuses.
 */
export interface Sink {
  /** Bytes that are in the file: if the next ones go. */
  readonly bytes: number
  /** Whether all that was written is in the file, so that a manifest may vouch for it. */
  readonly settled: boolean
  write(lines: string): Promise<void>
  /** Puts everything into the file. */
  finish(): Promise<void>
  /** Returns when the file is safe on its disk. */
  sync(): Promise<void>
  /** Throws ValenceError `output_failed` if someone else removed, replaced or changed the file. */
  requireWhole(): Promise<void>
  close(): Promise<void>
}

/**
 * Writes to the end of a file that is open to append: if someone cuts the file, what follows then is at another place than it
 * should, and the size shows it. Written at its position, it would leave a hole that nothing shows.
 */
export class FileSink implements Sink {
  readonly settled = true
  readonly #path: string
  readonly #file: FileHandle
  #bytes: number

  /** @param bytes - what the file holds */
  constructor(path: string, file: FileHandle, bytes: number) {
    this.#path = path
    this.#file = file
    this.#bytes = bytes
  }

  get bytes(): number {
    return this.#bytes
  }

  async write(lines: string): Promise<void> {
    await this.writeBytes(Buffer.from(lines))
  }

  async writeBytes(data: Buffer): Promise<void> {
    try {
      for (let done = 0; done < data.length; ) {
        const { bytesWritten } = await this.#file.write(data, done, data.length - done, null)
        done += bytesWritten
        this.#bytes += bytesWritten
      }
    } catch (error) {
      throw outputFailed(this.#path, error)
    }
  }

  async finish(): Promise<void> {}

  async sync(): Promise<void> {
    try {
      await this.#file.datasync()
    } catch (error) {
      throw outputFailed(this.#path, error)
    }
  }

  /** @param ifGone - what to do if the file was removed */
  async requireWhole(ifGone = "the same command starts over"): Promise<void> {
    const [own, found] = await Promise.all([
      this.#file.stat({ bigint: true }),
      stat(this.#path, { bigint: true }).catch((error: unknown) => {
        if (["ENOENT", "ENOTDIR"].includes((asError(error) as NodeJS.ErrnoException).code ?? "")) return undefined
        throw outputFailed(this.#path, error)
      }),
    ])
    const problem = problemOf(own, found, BigInt(this.#bytes), ifGone)
    if (problem !== undefined) throw explainedFailure(`output ${this.#path} ${problem}`)
  }

  async close(): Promise<void> {
    await this.#file.close()
  }
}

/**
 * What happened to a file that someone else changed while it was written, and what to do now.
 *
 * @param own - the file that is open
 * @param found - the file that has its name now
 */
function problemOf(
  own: BigIntStats,
  found: BigIntStats | undefined,
  bytes: bigint,
  ifGone: string,
): string | undefined {
  const isOwn = found?.ino === own.ino && found.dev === own.dev
  if (!isOwn) {
    const what = found === undefined ? "was removed or moved away" : "was replaced by another file"
    const startsOver = found === undefined ? ifGone : "--force starts over"
    const goesOn = own.nlink > 0n ? "; if the file that was written is moved back, the same command continues" : ""
    return `${what} during the run: ${startsOver}${goesOn}`
  }
  if (own.size === bytes) return undefined
  const what = own.size < bytes ? "was cut" : "was written to"
  return `${what} by another program during the run (${own.size} bytes instead of ${bytes}): the same command continues if what was there at the last checkpoint is untouched, otherwise --force starts over`
}

/** Makes one member, or frame, of a compressed file. */
export type Compress = (lines: string) => Promise<Uint8Array>

const gzipMember = promisify(gzip)

/** How the members of a compressed file are made. */
export async function compressorOf(compression: "gzip" | "zstd"): Promise<Compress> {
  if (compression === "gzip") return lines => gzipMember(lines)
  // Loaded when it is needed: it compiles for a moment.
  const { Zstd } = await import("@hpcc-js/wasm-zstd")
  const zstd = await Zstd.load()
  return async lines => zstd.compress(Buffer.from(lines))
}

const memberCharacters = 256 * 1024

/**
 * Writes gzip members or zstd frames, one after the other, which every reader of these takes for one file. A member ends at the
 * first `write` that fills it, so that its place depends on the lines alone: a file that was cut back to the end of a
 * member and continued has the bytes of one that was written in one go.
 */
export class CompressedSink implements Sink {
  readonly #file: FileSink
  readonly #compress: Compress
  #pending: string[] = []
  #length = 0

  constructor(file: FileSink, compress: Compress) {
    this.#file = file
    this.#compress = compress
  }

  get bytes(): number {
    return this.#file.bytes
  }

  get settled(): boolean {
    return this.#length === 0
  }

  async write(lines: string): Promise<void> {
    this.#pending.push(lines)
    this.#length += lines.length
    if (this.#length >= memberCharacters) await this.finish()
  }

  async finish(): Promise<void> {
    if (this.#length === 0 && this.bytes > 0) return
    const member = await this.#compress(this.#pending.join(""))
    this.#pending = []
    this.#length = 0
    await this.#file.writeBytes(Buffer.from(member.buffer, member.byteOffset, member.length))
  }

  async sync(): Promise<void> {
    await this.#file.sync()
  }

  async requireWhole(): Promise<void> {
    await this.#file.requireWhole()
  }

  async close(): Promise<void> {
    await this.#file.close()
  }
}

/** Writes to a stream such as standard output, at the pace of who reads it; nothing of it can be cancelled. */
export class StreamSink implements Sink {
  readonly settled = true
  readonly #stream: Writable
  #bytes = 0
  #error: Error | undefined

  constructor(stream: Writable) {
    this.#stream = stream
    stream.on("error", this.#onError)
  }

  get bytes(): number {
    return this.#bytes
  }

  async write(lines: string): Promise<void> {
    const data = Buffer.from(lines)
    try {
      if (this.#error) throw this.#error
      if (!this.#stream.write(data)) await once(this.#stream, "drain")
    } catch (error) {
      throw outputFailed(standardStream, error)
    }
    this.#bytes += data.length
  }

  async finish(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#stream.write("", error => (error ? reject(outputFailed(standardStream, error)) : resolve()))
    })
  }

  async sync(): Promise<void> {}

  async requireWhole(): Promise<void> {}

  async close(): Promise<void> {
    this.#stream.off("error", this.#onError)
  }

  readonly #onError = (error: Error) => {
    this.#error = error
  }
}
