import { once } from "node:events"
import type { FileHandle } from "node:fs/promises"
import type { Writable } from "node:stream"
import { promisify } from "node:util"
import { gzip } from "node:zlib"
import { outputFailed } from "../output-failed.ts"
import { standardStream } from "./run-files.ts"

/**
 * Where lines go. One call at a time: each is awaited before the next. Each throws ValenceError `output_failed` where
 * the system refuses.
 */
export interface Sink {
  /** Bytes that lie in the file: where the next ones go. */
  readonly bytes: number
  /** Whether all that was written lies in the file, so that a manifest may vouch for it. */
  readonly settled: boolean
  write(lines: string): Promise<void>
  /** Puts everything into the file. */
  finish(): Promise<void>
  /** Returns when the file is safe on its disk. */
  sync(): Promise<void>
  close(): Promise<void>
}

/** Writes to a file from a position on; everything behind it is overwritten, and was cut off before. */
export class FileSink implements Sink {
  readonly settled = true
  readonly #path: string
  readonly #file: FileHandle
  #bytes: number

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
        const { bytesWritten } = await this.#file.write(data, done, data.length - done, this.#bytes)
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

  async close(): Promise<void> {
    await this.#file.close()
  }
}

const compress = promisify(gzip)
const memberCharacters = 256 * 1024

/**
 * Writes gzip members, one behind the other, which every reader of gzip takes for one file. A member ends at the
 * first `write` that fills it, so that its place depends on the lines alone: a file that was cut back to the end of a
 * member and continued has the bytes of one that was written in one go.
 */
export class GzipSink implements Sink {
  readonly #file: FileSink
  #pending: string[] = []
  #length = 0

  constructor(file: FileSink) {
    this.#file = file
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
    const member = await compress(this.#pending.join(""))
    this.#pending = []
    this.#length = 0
    await this.#file.writeBytes(member)
  }

  async sync(): Promise<void> {
    await this.#file.sync()
  }

  async close(): Promise<void> {
    await this.#file.close()
  }
}

/** Writes to a stream such as standard output, at the pace of who reads it; nothing of it can be taken back. */
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

  async close(): Promise<void> {
    this.#stream.off("error", this.#onError)
  }

  readonly #onError = (error: Error) => {
    this.#error = error
  }
}
