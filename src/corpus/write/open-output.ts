import { createHash } from "node:crypto"
import { constants } from "node:fs"
import { type FileHandle, open, rm, stat, truncate } from "node:fs/promises"
import { dirname } from "node:path"
import { asError, ValenceError } from "../../errors.ts"
import { outputFailed } from "../../files/output-failed.ts"
import { followLink, replaceFileBy, syncFolder } from "../../files/replace-file.ts"
import type { OutputFiles } from "../formats.ts"
import { CompressedSink, compressorOf, FileSink, type Sink } from "./sink.ts"

/** Bytes of a file; `undefined` if none exists. */
export async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if ((asError(error) as NodeJS.ErrnoException).code === "ENOENT") return undefined
    throw error
  }
}

const tailBytes = 64 * 1024

/**
 * A digest of the last 64 KiB before a position, by which a run that continues recognises the file; `undefined` if the file is
 * shorter.
 */
export async function tailDigest(path: string, bytes: number): Promise<string | undefined> {
  if (bytes === 0) return undefined
  const file = await open(path).catch((error: unknown) => {
    throw outputFailed(path, error)
  })
  try {
    const length = Math.min(bytes, tailBytes)
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafeSlow(length), 0, length, bytes - length)
    return bytesRead < length ? undefined : createHash("sha256").update(buffer).digest("hex")
  } finally {
    await file.close()
  }
}

/** Where a run continues in its files, and how they are opened. */
export interface OpenedAt {
  /** What the manifest vouches for; 0 starts over. */
  readonly bytes: number
  /** Whether a paused run may still have the file open: it is then copied, so that what that run writes gets lost. */
  readonly mayBeShared: boolean
}

/**
 * Opens the output for a run that continues at a position: what is after it is cut off, for good.
 *
 * @throws ValenceError `run_changed` if the file is shorter than that; `output_failed`
 */
export async function openOutput(files: OutputFiles, at: OpenedAt): Promise<Sink> {
  const compress = files.compression && (await compressorOf(files.compression))
  const file = await openCut(files.rows, at)
  return compress ? new CompressedSink(file, compress) : file
}

/** Removes what the rows of a run that is done were written to besides its output. */
export async function removeRows({ path, rows }: Pick<OutputFiles, "path" | "rows">): Promise<void> {
  if (rows !== path) await rm(rows, { force: true })
}

/** Lists rows without a label; the file is there from the first of them on. */
export class ErrorsFile {
  readonly #path: string
  #sink: FileSink | undefined

  private constructor(path: string, sink: FileSink | undefined) {
    this.#path = path
    this.#sink = sink
  }

  /** Opens the list at a position, as `openOutput` does; at 0 there is no file. */
  static async open(path: string, at: OpenedAt): Promise<ErrorsFile> {
    if (at.bytes > 0) return new ErrorsFile(path, await openCut(path, at))
    await rm(path, { force: true })
    return new ErrorsFile(path, undefined)
  }

  get bytes(): number {
    return this.#sink?.bytes ?? 0
  }

  async write(lines: string): Promise<void> {
    this.#sink ??= await openCut(this.#path, { bytes: 0, mayBeShared: false })
    await this.#sink.write(lines)
  }

  async sync(): Promise<void> {
    await this.#sink?.sync()
  }

  /** As the sink's. */
  async requireWhole(): Promise<void> {
    await this.#sink?.requireWhole("--force starts over")
  }

  async close(): Promise<void> {
    await this.#sink?.close()
  }
}

async function openCut(path: string, { bytes, mayBeShared }: OpenedAt): Promise<FileSink> {
  const failed = (error: unknown) => {
    throw outputFailed(path, error)
  }
  if (mayBeShared) await copyAside(path, bytes)
  const { O_APPEND, O_CREAT, O_WRONLY } = constants
  const file = await open(path, O_WRONLY | O_APPEND | (bytes === 0 ? O_CREAT : 0)).catch(failed)
  try {
    const { size } = await file.stat()
    if (size < bytes)
      throw new ValenceError(
        "run_changed",
        `output ${path} must have the ${bytes} bytes that its manifest vouches for; got ${size}; --force starts over`,
      )
    // By name, as some systems do not cut a file that is open to append.
    if (size > bytes) await truncate(path, bytes).catch(failed)
    await file.sync()
    await syncFolder(dirname(path))
    return new FileSink(path, file, bytes)
  } catch (error) {
    await file.close()
    throw error
  }
}

/** Puts a copy of the first bytes of a file into its place. A file that cannot be replaced stays, and the lock alone protects it. */
async function copyAside(path: string, bytes: number): Promise<void> {
  const source = await open(path).catch(() => undefined)
  if (source === undefined) return
  try {
    await replaceFileBy(path, to => copyBytes(source, to, bytes), { inPlace: false })
  } catch {
    await rm(`${followLink(path)}.tmp`, { force: true }).catch(() => {})
  } finally {
    await source.close()
  }
}

async function copyBytes(from: FileHandle, to: FileHandle, bytes: number): Promise<void> {
  const block = Buffer.allocUnsafeSlow(1024 * 1024)
  for (let done = 0; done < bytes; ) {
    const { bytesRead } = await from.read(block, 0, Math.min(block.length, bytes - done), done)
    if (bytesRead === 0) return
    await to.appendFile(block.subarray(0, bytesRead))
    done += bytesRead
  }
}
