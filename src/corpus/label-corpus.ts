import type { Readable, Writable } from "node:stream"
import { checkRequest, type MembersOf } from "../check-request.ts"
import type { Complete } from "../declaration.ts"
import { replaceFile } from "../files/replace-file.ts"
import { isWordList, type Labeller } from "../labeller.ts"
import { type OutputFiles, standardStream } from "./formats.ts"
import { type CorpusOptions, corpusOptions, labelOptionsOf } from "./options.ts"
import { CorpusRun } from "./run/corpus-run.ts"
import { OutputLock } from "./run/lock.ts"
import type { RunIdentity } from "./run/manifest.ts"
import { type PreparedRun, prepareRun } from "./run/prepare-run.ts"
import type { Progress } from "./run/progress.ts"
import { noteDamage } from "./run/repaired-input.ts"
import { labelOnce } from "./run/repeated-texts.ts"
import { RunOutput } from "./run/run-output.ts"
import { type RunSetup, setUpRun } from "./run/run-setup.ts"
import { type RunSummary, summarise } from "./run/summary.ts"
import { rowsOf, type Tally } from "./run/tally.ts"
import { unlessStopped } from "./run/unless-stopped.ts"
import type { FailedRow } from "./run/write-chunk.ts"
import { removeRows } from "./write/open-output.ts"

/** What `labelCorpus` is asked to do. */
export interface CorpusRequest {
  /** A file, or `-` for standard input. */
  readonly input: string
  /** A file, or `-` for standard output; by default `reviews.labelled.csv` next to `reviews.csv`. */
  readonly output?: string | undefined
  /** Lent: it is not closed. */
  readonly labeller: Labeller
  readonly options?: CorpusOptions
  /** Called at most ten times a second, and at the end. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /** Called for each row that gets no label, in order. */
  readonly onFailedRow?: ((row: FailedRow) => void) | undefined
  /** Words the reasons of such rows, for a program whose users know options by other names. */
  readonly wording?: ((reason: string) => string) | undefined
  /** Called with a sentence if the output is locked, and the run waits to see whether the process that locked it is alive. */
  readonly onWaiting?: ((message: string) => void) | undefined
  /** When it aborts, what is under way and ends within `stopSeconds` is written, and the run returns as `interrupted`. */
  readonly signal?: AbortSignal | undefined
  readonly stdin?: Readable
  readonly stdout?: Writable
}

export const corpusMembers: MembersOf<CorpusRequest> = {
  input: true,
  output: true,
  labeller: true,
  options: true,
  onProgress: true,
  onFailedRow: true,
  wording: true,
  onWaiting: true,
  signal: true,
  stdin: true,
  stdout: true,
}

/**
 * Labels every row of a file. The run can be stopped at any moment, by a signal, by SIGKILL or by a power cut: started
 * again with the same request it continues where its manifest says that the output is safe, and the output has the bytes
 * of a run that was never stopped. A run that was completed does nothing and returns its summary again.
 *
 * @returns what the run came to; `failed` rows, if any, are listed next to the output
 * @throws ValenceError `option_invalid`; `input_invalid` if the input cannot be read; `output_exists` if something
 * else is at the output, or another run is writing it; `run_changed` if the output was begun from another input,
 * other columns, another model or other options, or the input was changed during the run; `aborted` if the signal came before the first row; `output_failed` if the disk is full, for example, or what the labeller
 * rejects with: after these the run can be started again
 */
export async function labelCorpus(request: CorpusRequest): Promise<RunSummary> {
  checkRequest(request, corpusMembers, corpusOptions)
  const setup = setUpRun(request)
  const { files, report } = setup
  const lock = files.path === standardStream ? undefined : await lockOutput(request, files)
  try {
    const { summary, tally, identity } = await runOnce(request, setup, lock)
    if (report === undefined || summary.interrupted) return summary
    const { renderReport } = await import("./report/report.ts")
    const page = await renderReport({ summary: { ...summary, report }, tally, options: identity.options })
    await replaceFile(report, page)
    return { ...summary, report }
  } finally {
    await lock?.release()
  }
}

function lockOutput({ stdin = process.stdin, ...listeners }: CorpusRequest, files: OutputFiles): Promise<OutputLock> {
  return unlessStopped(listeners.signal, stdin, () => OutputLock.take(files, listeners))
}

interface Outcome {
  readonly summary: RunSummary
  readonly tally: Tally
  readonly identity: RunIdentity
}

async function runOnce(request: CorpusRequest, setup: RunSetup, lock: OutputLock | undefined): Promise<Outcome> {
  const { labeller, stdin = process.stdin, stdout = process.stdout, signal } = request
  const { options, files } = setup
  const prepared = await unlessStopped(signal, stdin, () => prepareRun(setup, labeller.model, stdin))
  try {
    if (prepared.done) {
      await removeRows(files)
      return await conclude(prepared, prepared.safe.tally, false)
    }
    // With no texts: the labeller refuses options before anything is written.
    await labeller.label([], labelOptionsOf(options))
    const output = await RunOutput.open(prepared, lock, stdout)
    try {
      const run = new CorpusRun(prepared, output)
      const interrupted = await run.work({ ...request, labeller: withoutRepeats(labeller, options) })
      return await conclude(prepared, run.tally, interrupted)
    } catch (error) {
      throw await noteDamage(error, setup)
    } finally {
      await output.close()
    }
  } finally {
    await prepared.rows.close()
  }
}

/** The labeller, before which texts that come again are taken out. A lexicon labels faster than a text is looked up. */
function withoutRepeats(labeller: Labeller, { dedup, dedupBytes }: Complete<typeof corpusOptions>): Labeller {
  return dedup && !isWordList(labeller.model) ? labelOnce(labeller, dedupBytes) : labeller
}

async function conclude(
  { setup: { input, files }, run, identity, rows, safe, done }: PreparedRun,
  tally: Tally,
  interrupted: boolean,
): Promise<Outcome> {
  const summary: RunSummary = {
    run,
    input: input.path,
    output: files.path,
    errors: tally.failed > 0 && files.path !== standardStream ? files.errors : undefined,
    report: undefined,
    model: identity.model,
    column: identity.column,
    added: identity.added,
    ...summarise(tally),
    notes: await rows.notes(),
    interrupted,
    resumedRows: rowsOf(safe.tally),
    alreadyDone: done,
  }
  return { summary, tally, identity }
}
