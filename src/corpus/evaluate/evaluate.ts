import { stat } from "node:fs/promises"
import type { Readable } from "node:stream"
import { checkRequest, type MembersOf } from "../../check-request.ts"
import { isBlank } from "../../check-text.ts"
import { chosenLabels } from "../../chosen-labels.ts"
import { type Complete, completeOptions } from "../../declaration.ts"
import type { LabelledText, Labeller, ModelInfo } from "../../labeller.ts"
import { resolveInput } from "../files/resolve-files.ts"
import { type InputFile, standardStream } from "../formats.ts"
import { type EvaluateOptions, evaluateOptions, labelOptionsOf } from "../options.ts"
import { openRows } from "../read/open-rows.ts"
import { firstRows } from "../rows/first-rows.ts"
import type { ReadRow } from "../rows/row.ts"
import type { OpenRows } from "../rows/row-source.ts"
import { cutChunks } from "../run/chunks.ts"
import { type LabelledChunk, labelChunks, maxBytesUnderWay } from "../run/label-chunks.ts"
import { estimate, type Progress, progressMs, Speedometer } from "../run/progress.ts"
import { unlessStopped } from "../run/unless-stopped.ts"
import { checkRows, type FailedRow } from "../run/write-chunk.ts"
import { countPrediction, measureQuality, type Quality, renameGold, tabulate } from "./confusion.ts"
import { GoldLabels } from "./gold-labels.ts"
import { type GroupQuality, Groups } from "./groups.ts"
import { findRowColumn } from "./row-column.ts"

/** What `evaluateCorpus` is asked to do. */
export interface EvaluationRequest {
  /** A file, or `-` for standard input. */
  readonly input: string
  /** Lent: it is not closed. */
  readonly labeller: Labeller
  readonly options?: EvaluateOptions
  /** Called at most ten times a second, and at the end. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /** Called for each row that is not compared, in order. */
  readonly onFailedRow?: ((row: FailedRow) => void) | undefined
  /** When it aborts, what is under way and ends within `stopSeconds` is counted, and the evaluation returns as `interrupted`. */
  readonly signal?: AbortSignal | undefined
  readonly stdin?: Readable
}

const evaluationMembers: MembersOf<EvaluationRequest> = {
  input: true,
  labeller: true,
  options: true,
  onProgress: true,
  onFailedRow: true,
  signal: true,
  stdin: true,
}

/** How a labeller does on a labelled corpus. */
export interface Evaluation extends Quality {
  /** Absolute, or `-`. */
  readonly input: string
  readonly model: Pick<ModelInfo, "name" | "revision" | "dtype">
  readonly column: string
  readonly labelColumn: string
  /** Which label each value of the label column stands for, if that is not its name: `{ "1": "POSITIVE" }`. */
  readonly meanings: Readonly<Record<string, string>>
  /** Rows read: compared, failed and empty. */
  readonly rows: number
  readonly compared: number
  /** Rows that were not compared. Where it is not 0 the figures do not stand for the whole corpus. */
  readonly failed: number
  /** Rows whose text is null or blank: they are not compared, and are no failures. */
  readonly empty: number
  /** Failed rows by code. */
  readonly failedByCode: Readonly<Record<string, number>>
  /** The first of them. */
  readonly failedRows: readonly FailedRow[]
  /** Rows by their right label and then by the label that was given; labels that occur, in the model's order. */
  readonly confusion: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** Figures of each value of the column `by`, in the order in which values come; empty without it. */
  readonly groups: readonly GroupQuality[]
  readonly truncated: number
  readonly tokens: number
  readonly elapsedMs: number
  readonly textsPerSecond: number
  /** What a user should know about the input, such as its likely encoding if rows are not UTF-8. */
  readonly notes: readonly string[]
  /** Whether the evaluation was stopped before the end of its input. */
  readonly interrupted: boolean
}

const mostFailedRows = 100

/**
 * Compares the labels that a labeller gives with those that a file holds. The file is streamed: memory does not grow
 * with it.
 *
 * @returns accuracy, macro F1, and each label's figures; `failed` rows, whose text or right label is unreadable or whose
 * text was not labelled, are left out of all of them
 * @throws ValenceError `option_invalid`, `input_invalid`, and the labeller's errors
 */
export async function evaluateCorpus(request: EvaluationRequest): Promise<Evaluation> {
  checkRequest(request, evaluationMembers, evaluateOptions)
  const options = completeOptions(evaluateOptions, request.options ?? {})
  const { model } = request.labeller
  const gold = new GoldLabels({ ...model, labels: chosenLabels(options.labels, model) }, options.labelMap)
  const input = resolveInput(request.input, options.format)
  const { signal, stdin = process.stdin } = request
  const rows = await unlessStopped(signal, stdin, () => openRows(input, options, stdin))
  try {
    return await new Evaluating(request, options, input, rows, gold).work()
  } finally {
    await rows.close()
  }
}

class Evaluating {
  readonly #request: EvaluationRequest
  readonly #options: Complete<typeof evaluateOptions>
  readonly #input: InputFile
  readonly #rows: OpenRows
  readonly #gold: GoldLabels
  readonly #labelColumn: string
  readonly #by: string | undefined
  readonly #groups: Groups
  readonly #confusion = new Map<string, Map<string, number>>()
  readonly #failedByCode: Record<string, number> = {}
  readonly #failedRows: FailedRow[] = []
  readonly #startedMs = performance.now()
  readonly #speed = new Speedometer(this.#startedMs, 0)
  #compared = 0
  #failed = 0
  #empty = 0
  #truncated = 0
  #tokens = 0
  /** Bytes of the input up to the last row that was counted. */
  #bytes = 0
  #reportedMs = 0
  /** Whether every chunk of the input was counted. */
  #inputEnded = false

  constructor(
    request: EvaluationRequest,
    options: Complete<typeof evaluateOptions>,
    input: InputFile,
    rows: OpenRows,
    gold: GoldLabels,
  ) {
    this.#request = request
    this.#options = options
    this.#input = input
    this.#rows = rows
    this.#gold = gold
    this.#labelColumn = findRowColumn("labelColumn", input, rows.columns, options.labelColumn)
    this.#by = options.by && findRowColumn("by", input, rows.columns, options.by)
    this.#groups = new Groups(options.by ?? "")
  }

  async work(): Promise<Evaluation> {
    const totalBytes = this.#input.path === standardStream ? undefined : (await stat(this.#input.path)).size
    for await (const chunk of this.#labelled()) {
      this.#count(chunk)
      if (performance.now() - this.#reportedMs >= progressMs) this.#tell(totalBytes)
    }
    this.#tell(totalBytes)
    return this.#conclude(await this.#rows.notes())
  }

  async *#labelled(): AsyncGenerator<LabelledChunk> {
    const { labeller, signal } = this.#request
    const { chunkTexts, maxChunks, stopSeconds } = this.#options
    this.#inputEnded = yield* labelChunks(
      cutChunks(firstRows(this.#rows.rows(), this.#options.limit), "evaluation", 0, chunkTexts),
      labeller,
      () => labelOptionsOf(this.#options),
      rows => checkRows(rows, { refuse: row => this.#refuse(row) }, this.#options.empty),
      { maxChunks, maxBytes: maxBytesUnderWay, stopMs: stopSeconds * 1000 },
      signal,
    )
  }

  /** Why a row cannot be compared, if that is known before it is labelled. */
  #refuse(row: ReadRow): string | undefined {
    if (this.#options.empty === "skip" && isBlank(row.text)) return undefined
    const value = row.value(this.#labelColumn)
    return this.#gold.keyOf(value) === undefined ? this.#gold.refusal(this.#labelColumn, value) : undefined
  }

  #count({ chunk, rows, results }: LabelledChunk): void {
    let next = 0
    for (const { row, text, error } of rows) {
      if (text === undefined && error === undefined) {
        this.#empty++
        continue
      }
      const result: LabelledText | undefined = error === undefined ? results[next++] : { error }
      if (result === undefined) throw new Error(`a labeller must give one result a text; got ${results.length}`)
      if (result.error !== undefined) this.#fail(row.line, result.error)
      else {
        const key = this.#gold.keyOf((row as ReadRow).value(this.#labelColumn)) as string
        countPrediction(this.#confusion, key, result.label)
        if (this.#by !== undefined) this.#groups.count((row as ReadRow).value(this.#by), key, result.label)
        this.#compared++
        this.#tokens += result.tokens
        if (result.truncated) this.#truncated++
      }
    }
    this.#bytes = chunk.rows.at(-1)?.end ?? this.#bytes
  }

  #fail(line: number, { code, message }: { readonly code: string; readonly message: string }): void {
    this.#failed++
    this.#failedByCode[code] = (this.#failedByCode[code] ?? 0) + 1
    const row: FailedRow = { line, row: this.#counted, code, reason: message }
    if (this.#failedRows.length < mostFailedRows) this.#failedRows.push(row)
    this.#request.onFailedRow?.(row)
  }

  get #counted(): number {
    return this.#compared + this.#failed + this.#empty
  }

  #tell(totalBytes: number | undefined): void {
    const now = performance.now()
    const rows = this.#counted
    this.#reportedMs = now
    this.#request.onProgress?.(
      estimate({
        rows,
        failed: this.#failed,
        bytes: this.#input.compression || this.#options.encoding !== "utf-8" ? this.#rows.fileBytes() : this.#bytes,
        totalBytes,
        textsPerSecond: this.#speed.measure(now, rows),
        elapsedMs: now - this.#startedMs,
      }),
    )
  }

  #conclude(notes: readonly string[]): Evaluation {
    const { model } = this.#request.labeller
    const meanings = this.#gold.meanings([...this.#confusion.keys()])
    const confusion = renameGold(this.#confusion, meanings)
    const quality = measureQuality(confusion, model.labels)
    const elapsedMs = performance.now() - this.#startedMs
    return {
      input: this.#input.path,
      model: { name: model.name, revision: model.revision, dtype: model.dtype },
      column: this.#rows.column,
      labelColumn: this.#labelColumn,
      meanings: { ...Object.fromEntries([...meanings].filter(([key, label]) => key !== label)), ...this.#gold.mapped },
      rows: this.#counted,
      compared: this.#compared,
      failed: this.#failed,
      empty: this.#empty,
      ...quality,
      groups: this.#groups.measure(meanings, model.labels),
      failedByCode: this.#failedByCode,
      failedRows: this.#failedRows,
      confusion: tabulate(confusion, quality),
      truncated: this.#truncated,
      tokens: this.#tokens,
      elapsedMs,
      textsPerSecond: elapsedMs === 0 ? 0 : (this.#compared * 1000) / elapsedMs,
      notes,
      interrupted: !this.#inputEnded,
    }
  }
}
