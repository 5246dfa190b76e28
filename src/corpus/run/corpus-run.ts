import type { Labeller } from "../../labeller.ts"
import { firstRows } from "../rows/first-rows.ts"
import type { Row } from "../rows/row.ts"
import type { InputPosition } from "../rows/row-source.ts"
import { removeRows } from "../write/open-output.ts"
import { type Chunk, cutChunks } from "./chunks.ts"
import type { SafePosition } from "./manifest.ts"
import type { PreparedRun } from "./prepare-run.ts"
import { estimate, type Progress, progressMs, Speedometer } from "./progress.ts"
import type { RunOutput } from "./run-output.ts"
import type { RunSetup } from "./run-setup.ts"
import { countThroughput, rowsOf, type Tally } from "./tally.ts"
import type { FailedRow } from "./write-chunk.ts"
import { type WrittenChunk, writeChunks } from "./write-chunks.ts"

/** Who is notified of what a run does, and what stops it. */
export interface RunListeners {
  /** `repeated` texts were not labelled again. */
  readonly labeller: Labeller & { readonly repeated?: number }
  readonly onProgress?: ((progress: Progress) => void) | undefined
  readonly onFailedRow?: ((row: FailedRow) => void) | undefined
  readonly wording?: ((reason: string) => string) | undefined
  readonly signal?: AbortSignal | undefined
}

/** A run at work: it reads, labels and writes chunks, and moves the manifest after them. */
export class CorpusRun {
  /** Bytes of all that was written, safe or not. */
  readonly #tally: Tally
  readonly #prepared: PreparedRun
  readonly #setup: RunSetup
  readonly #output: RunOutput
  readonly #startedMs = performance.now()
  readonly #speed: Speedometer
  /** Where everything written so far would be safe once it is synced. */
  #settled: SafePosition
  #savedMs = this.#startedMs
  #reportedMs = 0
  /** The position after the last written row. */
  #position: InputPosition
  #chunksDone: number
  /** Whether every chunk of the input was written. */
  #inputEnded = false
  /** Chunks that were written and may not be safe yet. */
  #unreleased: Pick<Chunk, "id" | "number">[] = []

  /** @param output - opened at the position that the run continues from; closed by who opened it */
  constructor(prepared: PreparedRun, output: RunOutput) {
    this.#prepared = prepared
    this.#setup = prepared.setup
    this.#output = output
    this.#settled = prepared.safe
    this.#position = prepared.safe.input
    this.#chunksDone = prepared.safe.chunks
    this.#tally = structuredClone(prepared.safe.tally)
    this.#speed = new Speedometer(this.#startedMs, this.#rows)
  }

  /**
   * Works through what is left of the input. What was written is made safe however it ends.
   *
   * @returns whether the signal stopped it before the end
   */
  async work(listeners: RunListeners): Promise<boolean> {
    let done = false
    try {
      if (this.#output.bytes === 0) await this.#output.write(this.#prepared.writer.header)
      for await (const chunk of this.#written(listeners)) {
        await this.#take(chunk, listeners)
        await this.#saveInTime(listeners)
      }
      if (this.#inputEnded) {
        await this.#prepared.requireUnchanged()
        await this.#output.finish()
        this.#settle(listeners)
        await this.#complete(listeners)
        done = true
      }
    } finally {
      await this.#save(done, listeners)
    }
    if (done) await removeRows(this.#setup.files)
    this.#tell(listeners)
    return !done
  }

  /** What the rows came to that are safe: all of them, once `work` has done the whole input. */
  get tally(): Tally {
    return this.#settled.tally
  }

  get #rows(): number {
    return rowsOf(this.#tally)
  }

  /** Over all starts of the run. */
  get #elapsedMs(): number {
    return this.#prepared.safe.tally.elapsedMs + performance.now() - this.#startedMs
  }

  async *#written({ labeller, wording, signal }: RunListeners): AsyncGenerator<WrittenChunk> {
    const { rows, writer, run, resumed, safe } = this.#prepared
    const { options, copiesColumns } = this.#setup
    const { limit } = options
    const left = limit === undefined ? undefined : limit - rowsOf(safe.tally)
    const reading = rows.rows(resumed ? safe.input : undefined)
    const chunks = cutChunks(firstRows(reading, left), run, safe.chunks, options.chunkTexts)
    const how = { labeller, writer, tally: this.#tally, options, wording, signal }
    this.#inputEnded = yield* writeChunks(chunks, { ...how, named: true, keepFailed: copiesColumns })
  }

  /** Writes a chunk, and makes everything so far safe if it is time to. */
  async #take({ chunk, output, failed }: WrittenChunk, listeners: RunListeners): Promise<void> {
    await this.#output.write(output, failed)
    for (const row of failed) listeners.onFailedRow?.(row)
    const last = chunk.rows.at(-1) as Row
    this.#position = { bytes: last.end, line: last.endLine }
    this.#chunksDone = chunk.number + 1
    this.#unreleased.push({ id: chunk.id, number: chunk.number })
    countThroughput(this.#tally, this.#elapsedMs, chunk.rows.length)
    if (this.#output.settled) this.#settle(listeners)
  }

  async #saveInTime(listeners: RunListeners): Promise<void> {
    const now = performance.now()
    if (now - this.#savedMs >= this.#setup.options.checkpointMs) await this.#save(false, listeners)
    if (now - this.#reportedMs >= progressMs) this.#tell(listeners)
  }

  /** Notes that all that was written so far is in the files. */
  #settle({ labeller }: RunListeners): void {
    this.#tally.elapsedMs = this.#elapsedMs
    this.#tally.repeated = this.#prepared.safe.tally.repeated + (labeller.repeated ?? 0)
    this.#settled = {
      input: this.#position,
      outputBytes: this.#output.bytes,
      errorsBytes: this.#output.errorsBytes,
      chunks: this.#chunksDone,
      tally: structuredClone(this.#tally),
    }
  }

  /** Makes a Parquet file of the rows: its manifest vouches for it instead of them. */
  async #complete(listeners: RunListeners): Promise<void> {
    const { input, files, copiesColumns } = this.#setup
    if (files.format !== "parquet") return
    await this.#save(false, listeners)
    const { writeParquet } = await import("../parquet/write-parquet.ts")
    const { added, rows } = this.#prepared
    const own = copiesColumns ? [] : rows.columns.map((name, at) => ({ name, kind: rows.kinds?.[at] ?? "string" }))
    const source = {
      rows: files.rows,
      columns: [...own, ...added],
      copied: copiesColumns ? input.path : undefined,
    }
    this.#settled = {
      ...this.#settled,
      outputBytes: await writeParquet(files.path, source, () => this.#output.requireLock()),
    }
  }

  /**
   * Syncs the files, and then updates the manifest to them, if neither they nor the input were changed by others:
   * rows that were read from another input must not be vouched for.
   */
  async #save(done: boolean, { labeller }: RunListeners): Promise<void> {
    await this.#prepared.requireUnchanged()
    await this.#output.save(this.#settled, done)
    this.#savedMs = performance.now()
    this.#release(labeller)
  }

  /** Lets the labeller forget the chunks that are safe: they will not be asked for again. */
  #release(labeller: Labeller): void {
    const safe = this.#unreleased.filter(({ number }) => number < this.#settled.chunks)
    this.#unreleased = this.#unreleased.filter(({ number }) => number >= this.#settled.chunks)
    // The rows are safe; whether the labeller could forget them in time does not matter to them.
    if (safe.length > 0) labeller.release?.(safe.map(({ id }) => id)).catch(() => {})
  }

  #tell({ onProgress }: RunListeners): void {
    const now = performance.now()
    const { input, options } = this.#setup
    this.#reportedMs = now
    onProgress?.(
      estimate({
        rows: this.#rows,
        failed: this.#tally.failed,
        bytes:
          input.compression || options.encoding !== "utf-8" ? this.#prepared.rows.fileBytes() : this.#position.bytes,
        totalBytes: this.#prepared.totalBytes,
        textsPerSecond: this.#speed.measure(now, this.#rows),
        elapsedMs: now - this.#startedMs,
      }),
    )
  }
}
