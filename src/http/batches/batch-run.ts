import { setMaxListeners } from "node:events"
import type { FastifyBaseLogger } from "fastify"
import type { Labeller } from "../../labeller.ts"
import { streamLabeller } from "../corpus/stream-labeller.ts"
import { guarded } from "../guarded.ts"
import { noteTexts } from "../note-texts.ts"
import type { ServerContext } from "../server-context.ts"
import { readBatchLines } from "./batch-lines.ts"
import { type Batch, type BatchProblem, type BatchStore, batchHasEnded } from "./batch-store.ts"
import { chunkLines, type LineChunk } from "./chunk-lines.ts"
import type { Files, StoredFile } from "./files.ts"
import { inOrder } from "./in-order.ts"
import { type LabelGroup, type LineAnswer, labelLines } from "./label-lines.ts"
import { RequestReader } from "./read-request.ts"
import { writeAnswers } from "./write-answers.ts"

/** Chunks that are at work at a time: enough to keep a fleet busy. */
const maxChunks = 16
/** How often to check whether the batch was cancelled. */
const lookMs = 1000

/** What a run works with; all of it is lent. */
export interface BatchContext {
  readonly store: BatchStore
  readonly files: Files
  readonly serving: ServerContext
  readonly log: FastifyBaseLogger
}

/** A chunk's answers, and the names of the calls that they come of. */
interface AnsweredChunk {
  /** Lines of the batch before its first. */
  readonly done: number
  readonly answers: readonly LineAnswer[]
  readonly calls: readonly string[]
}

/**
 * Labels a batch from its current state to its end. Lines and their answers move on in Redis at once, so that a run may end at any time and
 * another continues; two at a time are of no harm.
 */
export class BatchRun {
  readonly #context: BatchContext
  readonly #id: string
  readonly #over = new AbortController()
  readonly #cancelled = new AbortController()
  readonly #expired = new AbortController()
  readonly #signal: AbortSignal

  /** @param stopping - aborts when this server stops */
  constructor(id: string, context: BatchContext, stopping: AbortSignal) {
    this.#id = id
    this.#context = context
    this.#signal = AbortSignal.any([stopping, this.#over.signal, this.#cancelled.signal, this.#expired.signal])
    // Each call listens.
    setMaxListeners(0, this.#signal)
  }

  /**
   * Returns when the batch has ended.
   *
   * @throws errors after which it should be tried again, on this server or another
   */
  async run(): Promise<void> {
    try {
      while (await this.#goOn()) {}
    } finally {
      this.#over.abort()
    }
  }

  /** Ends a batch that nothing more can be done for; what was labelled is kept. */
  async fail(problem: BatchProblem): Promise<void> {
    await this.#addFiles()
    const fields = { problem: JSON.stringify(problem) }
    await this.#context.store.move(
      this.#id,
      ["validating", "in_progress", "finalizing", "cancelling"],
      "failed",
      fields,
    )
    await this.#letInputGo()
  }

  /** @returns whether it is to continue once more: another server was there, which took this one for dead */
  async #goOn(): Promise<boolean> {
    const { store, files } = this.#context
    const batch = await store.read(this.#id)
    if (batch === undefined || batchHasEnded(batch.status)) return false
    if (batch.status !== "finalizing" && batch.status !== "cancelling") {
      const input = await files.read(batch.owner, batch.inputFile)
      const message = `the input file ${batch.inputFile} no longer exists`
      if (input === undefined) await this.fail({ code: "input_file_missing", message })
      else if (batch.status === "validating") await this.#validate(input)
      else if (await this.#label(batch, input)) {
        const end = this.#expired.signal.aborted ? "expired" : "completed"
        await store.move(this.#id, ["in_progress"], "finalizing", { end })
      }
      return true
    }
    const end = await this.#addFiles()
    await store.move(this.#id, ["finalizing"], end)
    await store.move(this.#id, ["cancelling"], "cancelled")
    await this.#letInputGo()
    return false
  }

  /** The input is no longer kept for this batch; it may be for another. */
  async #letInputGo(): Promise<void> {
    const { store, files } = this.#context
    const batch = await store.read(this.#id)
    if (batch === undefined) return
    const { owner, inputFile } = batch
    const others = await Promise.all((await store.open()).map(id => store.read(id, owner)))
    if (others.every(other => other?.inputFile !== inputFile)) await files.letGo(owner, inputFile)
  }

  /** Counts its lines. */
  async #validate(input: StoredFile): Promise<void> {
    let total = 0
    for await (const _ of this.#lines(input)) total += 1
    if (total === 0) await this.fail({ code: "empty_file", message: "the input file has no line that is not empty" })
    else await this.#context.store.move(this.#id, ["validating"], "in_progress", { total })
  }

  /** @returns whether all of its lines are answered */
  async #label(batch: Batch, input: StoredFile): Promise<boolean> {
    const { store, serving } = this.#context
    const chunks = chunkLines(this.#lines(input), new RequestReader(serving), batch.done)
    using _ = this.#watch(batch.expiresMs - (await store.nowMs()))
    try {
      for await (const { done, answers, calls } of inOrder(chunks, chunk => this.#answer(chunk), maxChunks)) {
        const stored = await store.advance(batch, done, writeAnswers(batch.id, answers))
        await serving.labeller.release?.(calls)
        if (!stored) return false
      }
      return true
    } catch (error) {
      if (this.#cancelled.signal.aborted) return false
      throw error
    }
  }

  async #answer({ done, requests }: LineChunk): Promise<AnsweredChunk> {
    const calls: string[] = []
    const label: LabelGroup = (labeller, texts, options, group) => {
      // The same on every server: what was labelled already is not labelled again.
      const id = `${this.#id}-${done}-${group}`
      calls.push(id)
      return this.#patient(labeller).label(texts, { ...options, lane: "bulk", id })
    }
    try {
      if (!this.#expired.signal.aborted) return { done, calls, answers: await labelLines(requests, label) }
    } catch (error) {
      if (!this.#expired.signal.aborted) throw error
    }
    const message = "the batch's completion window ended before this line was labelled"
    const error = { code: "batch_expired", message } as const
    return { done, calls, answers: requests.map(({ line, customId }) => ({ line, customId, error })) }
  }

  #patient(labeller: Labeller): Labeller {
    const { serving, log } = this.#context
    return streamLabeller(labeller, this.#signal, texts => noteTexts(serving, log, texts))
  }

  /** @returns how the batch ends if it is finalizing */
  async #addFiles(): Promise<"completed" | "expired"> {
    const { store, files } = this.#context
    const batch = await store.read(this.#id)
    if (batch === undefined) return "completed"
    for (const name of ["output", "error"] as const) {
      const { owner, id } = batch
      const about = { owner, purpose: "batch_output", filename: `${id}_${name}.jsonl` } as const
      if (batch[name].parts > 0) await files.add(batch[name], about, batch.keepOutputSeconds)
    }
    return batch.end
  }

  #lines(input: StoredFile) {
    return readBatchLines(this.#context.files.content(input), this.#context.serving.settings.maxBodyBytes)
  }

  /** Notices that a batch was cancelled, or that its time is over after `leftMs`. */
  #watch(leftMs: number): Disposable {
    const look = async () => {
      const status = await this.#context.store.status(this.#id)
      if (status !== "in_progress" && status !== "validating") this.#cancelled.abort()
    }
    // Redis may be away: the next check finds it.
    const looks = setInterval(() => look().catch(() => {}), lookMs)
    const over = setTimeout(
      guarded(this.#context.log, () => this.#expired.abort()),
      leftMs,
    )
    return {
      [Symbol.dispose]() {
        clearInterval(looks)
        clearTimeout(over)
      },
    }
  }
}
