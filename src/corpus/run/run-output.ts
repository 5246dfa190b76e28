import type { Writable } from "node:stream"
import { ErrorsFile, openOutput, tailDigest } from "../write/open-output.ts"
import { type Sink, StreamSink } from "../write/sink.ts"
import type { OutputLock } from "./lock.ts"
import { ManifestFile, type SafePosition } from "./manifest.ts"
import { manifestOf, type PreparedRun } from "./prepare-run.ts"
import type { FailedRow } from "./write-chunk.ts"

/** The files of a run, besides the output. */
interface OwnFiles {
  readonly lock: OutputLock
  readonly manifest: ManifestFile
  readonly errors: ErrorsFile
}

/**
 * What a run writes: output, list of errors and manifest, or standard output alone. Before it writes it makes sure that these are still its
 * own: no other run has taken over, and no other program has changed them.
 */
export class RunOutput {
  readonly #prepared: PreparedRun
  readonly #sink: Sink
  /** `undefined` for standard output. */
  readonly #own: OwnFiles | undefined

  private constructor(prepared: PreparedRun, sink: Sink, own: OwnFiles | undefined) {
    this.#prepared = prepared
    this.#sink = sink
    this.#own = own
  }

  /**
   * Opens the files at the position that the run continues from.
   *
   * @param lock - `undefined` for standard output
   * @throws ValenceError `run_changed` if a file is shorter than its manifest vouches for; `output_failed`
   */
  static async open(prepared: PreparedRun, lock: OutputLock | undefined, stdout: Writable): Promise<RunOutput> {
    if (lock === undefined) return new RunOutput(prepared, new StreamSink(stdout), undefined)
    const { files } = prepared.setup
    const { outputBytes, errorsBytes } = prepared.safe
    const { mayBeShared } = lock
    const manifest = new ManifestFile(files.manifest)
    await lock.require()
    // Before the output, so that an output without a manifest is never ours.
    await manifest.write(manifestOf(prepared))
    await lock.require()
    const sink = await openOutput(files, { bytes: outputBytes, mayBeShared })
    try {
      const errors = await ErrorsFile.open(files.errors, { bytes: errorsBytes, mayBeShared })
      return new RunOutput(prepared, sink, { lock, manifest, errors })
    } catch (error) {
      await sink.close()
      throw error
    }
  }

  /** Bytes of the output. */
  get bytes(): number {
    return this.#sink.bytes
  }

  /** Bytes of the list of errors. */
  get errorsBytes(): number {
    return this.#own?.errors.bytes ?? 0
  }

  /** Whether all that was written is in the files, so that a manifest may vouch for it. */
  get settled(): boolean {
    return this.#sink.settled
  }

  async write(lines: string, failed: readonly FailedRow[] = []): Promise<void> {
    await this.#own?.lock.requireLately(this.#sink)
    await this.#sink.write(lines)
    if (failed.length > 0) await this.#own?.errors.write(`${failed.map(row => JSON.stringify(row)).join("\n")}\n`)
  }

  /** Puts everything into the output. */
  async finish(): Promise<void> {
    await this.#own?.lock.requireLately(this.#sink)
    await this.#sink.finish()
  }

  /** @throws ValenceError `output_failed` if another run took over */
  async requireLock(): Promise<void> {
    await this.#own?.lock.require(this.#sink)
  }

  /**
   * Syncs the files, and then moves the manifest to a position in them.
   *
   * @throws ValenceError `output_failed` if another run took over, or another program changed one of the files
   */
  async save(safe: SafePosition, done: boolean): Promise<void> {
    if (this.#own === undefined) return
    const { lock, manifest, errors } = this.#own
    const { files } = this.#prepared.setup
    await lock.require(this.#sink)
    await this.#sink.requireWhole()
    await errors.requireWhole()
    await manifest.requireOwn()
    await this.#sink.sync()
    await errors.sync()
    const tails = {
      outputTail: await tailDigest(done ? files.path : files.rows, safe.outputBytes),
      errorsTail: await tailDigest(files.errors, safe.errorsBytes),
    }
    await manifest.write(manifestOf(this.#prepared, { ...safe, ...tails }, done))
  }

  /** Closes the files. */
  async close(): Promise<void> {
    await this.#sink.close()
    await this.#own?.errors.close()
  }
}
