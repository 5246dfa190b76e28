import { open, rm, stat } from "node:fs/promises"
import { dirname } from "node:path"
import { asError, ValenceError } from "../errors.ts"
import { outputFailed } from "../output-failed.ts"
import { syncFolder } from "../replace-file.ts"
import type { OutputFiles } from "./run-files.ts"
import { CompressedSink, compressorOf, FileSink, type Sink } from "./sink.ts"

/** Bytes of a file; `undefined` where there is none. */
export async function fileBytes(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if ((asError(error) as NodeJS.ErrnoException).code === "ENOENT") return undefined
    throw error
  }
}

/**
 * Opens the output for a run that goes on at a position: what lies behind it is cut off, for good.
 *
 * @param bytes - what the manifest vouches for; 0 starts over
 * @throws ValenceError `run_changed` where the file is shorter than that; `output_failed`
 */
export async function openOutput(files: OutputFiles, bytes: number): Promise<Sink> {
  const compress = files.compression && (await compressorOf(files.compression))
  const file = await openCut(files.rows, bytes)
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
  static async open(path: string, bytes: number): Promise<ErrorsFile> {
    if (bytes > 0) return new ErrorsFile(path, await openCut(path, bytes))
    await rm(path, { force: true })
    return new ErrorsFile(path, undefined)
  }

  get bytes(): number {
    return this.#sink?.bytes ?? 0
  }

  async write(lines: string): Promise<void> {
    this.#sink ??= await openCut(this.#path, 0)
    await this.#sink.write(lines)
  }

  async sync(): Promise<void> {
    await this.#sink?.sync()
  }

  async close(): Promise<void> {
    await this.#sink?.close()
  }
}

async function openCut(path: string, bytes: number): Promise<FileSink> {
  const file = await open(path, bytes > 0 ? "r+" : "w").catch((error: unknown) => {
    throw outputFailed(path, error)
  })
  try {
    const { size } = await file.stat()
    if (size < bytes)
      throw new ValenceError(
        "run_changed",
        `output ${path} must have the ${bytes} bytes that its manifest vouches for; got ${size}; force starts over`,
      )
    await file.truncate(bytes)
    await file.sync()
    await syncFolder(dirname(path))
    return new FileSink(path, file, bytes)
  } catch (error) {
    await file.close()
    throw error
  }
}
