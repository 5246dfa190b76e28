import { ValenceError } from "../errors.ts"
import type { EmptyText, Failed, LabelledText, Lane, ModelInfo, Pooling, ScoreFunction } from "../labeller.ts"
import { Windows } from "../model/cut-windows.ts"
import { ScorePool } from "../model/score-pool.ts"
import { ranked, scoresOf } from "../model/scores.ts"
import type { Encoding, SpecialIdCounts } from "../model/tokenizer/tokenizer.ts"
import type { IsUnfamiliar } from "../model/tokenizer/unfamiliar.ts"
import type { LengthLimits } from "../options.ts"
import type { BatchEntry, Dispatcher } from "./batcher/dispatcher.ts"
import { idsWanted, lengthRefusal, refusal } from "./text-check.ts"
import type { Untokenised } from "./tokenising.ts"
import { WindowRun } from "./window-run.ts"

/** How the texts of a call are labelled. */
export interface TextRequest extends LengthLimits {
  readonly topK: number | "all" | undefined
  /** Positions of the labels that are scored, in the model's order; `undefined` for all. */
  readonly positions: readonly number[] | undefined
  /** Their names. */
  readonly names: readonly string[]
  readonly scoreFunction: ScoreFunction
  readonly pooling: Pooling
  readonly empty: EmptyText
  readonly lane: Lane
  /** The piece of work that the texts belong to; `undefined` while nothing is traced. */
  readonly work: unknown
  /** Whether the call was given up: no text of it is wanted any more. */
  readonly dropped: boolean
  /** The longest so far of its texts. */
  readonly timings: { queueMs: number; tokeniseMs: number; inferenceMs: number }
}

/** What texts are labelled with; all of it is lent. */
export interface TextRunContext {
  readonly model: ModelInfo
  /** UTF-16 units that a text may have. */
  readonly maxTextLength: number
  readonly special: SpecialIdCounts
  readonly isUnfamiliar: IsUnfamiliar
  readonly dispatcher: Dispatcher
}

/** Called with what became of the texts of a call. */
export interface TextResults {
  /** Called once for each text, with its place in the call. */
  settled(index: number, result: LabelledText): void
}

const noIds: Int32Array = new Int32Array(0)

/** One text on its way: refused, or encoded, run as it is or in windows, and scored. */
export class TextRun implements Untokenised, BatchEntry {
  readonly text: string
  /** Ids that its encoding may have: all if it is cut into windows. */
  readonly maxLength: number
  inputIds = noIds
  since = performance.now()
  readonly #index: number
  readonly #refused: ValenceError | undefined
  readonly #request: TextRequest
  readonly #context: TextRunContext
  readonly #results: TextResults
  #truncated = false

  /** @param index - its place in its call */
  constructor(text: unknown, index: number, request: TextRequest, context: TextRunContext, results: TextResults) {
    this.#refused = refusal(text, context.maxTextLength, request.empty)
    this.text = this.#refused ? "" : (text as string)
    this.maxLength = idsWanted(request)
    this.#index = index
    this.#request = request
    this.#context = context
    this.#results = results
  }

  /** Whether it is no longer wanted. */
  get dropped(): boolean {
    return this.#request.dropped
  }

  get tokens(): number {
    return this.inputIds.length
  }

  get work(): unknown {
    return this.#request.work
  }

  encoded(outcome: Encoding | ValenceError): void {
    const refused = this.#refused ?? (outcome instanceof ValenceError ? outcome : lengthRefusal(outcome, this.#request))
    if (refused) this.#end(failed(refused))
    else this.#begin(outcome as Encoding)
  }

  #begin({ inputIds, truncated }: Encoding): void {
    const { timings, maxLength, lane } = this.#request
    const now = performance.now()
    timings.tokeniseMs = Math.max(timings.tokeniseMs, now - this.since)
    this.inputIds = inputIds
    this.#truncated = truncated
    this.since = now
    if (this.tokens > maxLength) this.#runWindows()
    else this.#context.dispatcher.add(this, lane)
  }

  settle(outcome: Float32Array | ValenceError, runMs = 0, row = 0): void {
    if (outcome instanceof ValenceError) {
      this.#end(failed(outcome))
      return
    }
    const begunMs = performance.now() - runMs
    this.#time(begunMs - this.since, runMs)
    const { scoreFunction } = this.#request
    this.#end(this.#labelled(scoresOf(this.#chosen(outcome, row), scoreFunction), 1))
  }

  #runWindows(): void {
    const { dispatcher, special } = this.#context
    const { maxLength, stride, lane, work, pooling, scoreFunction: how } = this.#request
    const windows = new Windows(this.inputIds, special, maxLength, stride)
    const pool = new ScorePool(pooling, how)
    const most = dispatcher.rowsAtOnce(maxLength)
    const line = lane === "interactive" && windows.count > most ? "long" : lane
    const run = new WindowRun(windows, {
      work,
      most,
      add: entry => dispatcher.add(entry, line),
      isDropped: () => this.dropped,
      onLogits: (logits, row, window) =>
        pool.add(scoresOf(this.#chosen(logits, row), how), windows.ownTokensAt(window)),
      onEnd: error => {
        const { queueMs, inferenceMs } = run.timings()
        this.#time(queueMs, inferenceMs)
        this.#end(error ? failed(error) : this.#labelled(pool.scores(), windows.count))
      },
    })
    run.start()
  }

  /** The logits of a row that are scored. */
  #chosen(logits: Float32Array, row: number): number[] {
    const { labels } = this.#context.model
    const first = row * labels.length
    const { positions } = this.#request
    if (positions) return positions.map(position => logits[first + position] as number)
    const own: number[] = []
    for (let position = 0; position < labels.length; position++) own.push(logits[first + position] as number)
    return own
  }

  #time(queueMs: number, inferenceMs: number): void {
    const { timings } = this.#request
    timings.queueMs = Math.max(timings.queueMs, queueMs)
    timings.inferenceMs = Math.max(timings.inferenceMs, inferenceMs)
  }

  #labelled(scores: readonly number[], windows: number): LabelledText {
    const { topK, names } = this.#request
    const best = scores.indexOf(Math.max(...scores))
    // The largest of several numbers is NaN if one of them is, and NaN is never found.
    if (best === -1) return failed(new ValenceError("text_failed", "the graph gave scores that are not numbers"))
    const tokens = this.tokens
    const truncated = this.#truncated
    const [label, score] = [names[best] as string, scores[best] as number]
    const isUnfamiliar = this.#context.isUnfamiliar(this.text, this.inputIds, truncated)
    if (topK === undefined && !isUnfamiliar) return { label, score, tokens, truncated, windows }
    const listed = topK !== undefined && { scores: ranked(names, scores).slice(0, topK === "all" ? undefined : topK) }
    return { label, score, ...listed, tokens, truncated, windows, ...(isUnfamiliar && ({ unfamiliar: true } as const)) }
  }

  #end(result: LabelledText): void {
    this.#results.settled(this.#index, result)
  }
}

/** The result of a text that cannot be labelled. */
export function failed({ code, message }: ValenceError): Failed {
  return { error: { code, message } }
}
