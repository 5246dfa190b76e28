import { ValenceError } from "../errors.ts"
import type { EmptyText, Failed, Labelled, LabelledText, Lane, ModelInfo, Pooling, ScoreFunction } from "../labeller.ts"
import { Windows } from "../model/cut-windows.ts"
import { ScorePool } from "../model/score-pool.ts"
import { ranked, scoresOf } from "../model/scores.ts"
import type { Encoding, SpecialIdCounts } from "../model/tokenizer/tokenizer.ts"
import type { IsUnfamiliar } from "../model/tokenizer/unfamiliar.ts"
import type { LengthLimits } from "../options.ts"
import type { Dispatcher } from "./batcher/dispatcher.ts"
import { idsWanted, lengthRefusal, refusal } from "./text-check.ts"
import type { Untokenised } from "./tokenising.ts"
import { WindowRun } from "./window-run.ts"

/** How the texts of a call are labelled. */
export interface TextRequest extends LengthLimits {
  readonly topK: number | "all" | undefined
  /** Positions of the labels that are scored, in the model's order; `undefined` for all. */
  readonly positions: readonly number[] | undefined
  readonly scoreFunction: ScoreFunction
  readonly pooling: Pooling
  readonly empty: EmptyText
  readonly lane: Lane
  /** The piece of work that the texts belong to; `undefined` while nothing is traced. */
  readonly work: unknown
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

/** One text on its way: refused, or encoded, run in one window or several, and scored. */
export class TextRun implements Untokenised {
  readonly text: string
  /** Ids that its encoding may have: all where it is cut into windows. */
  readonly maxLength: number
  /** Set by whoever no longer wants it. */
  dropped = false
  readonly #refused: ValenceError | undefined
  readonly #request: TextRequest
  readonly #context: TextRunContext
  readonly #settle: (result: LabelledText) => void
  readonly #arrivedMs = performance.now()

  /** @param settle - called once */
  constructor(text: unknown, request: TextRequest, context: TextRunContext, settle: (result: LabelledText) => void) {
    this.#refused = refusal(text, context.maxTextLength, request.empty)
    this.text = this.#refused ? "" : (text as string)
    this.maxLength = idsWanted(request)
    this.#request = request
    this.#context = context
    this.#settle = settle
  }

  encoded(outcome: Encoding | ValenceError): void {
    if (this.#refused) this.#settle(failed(this.#refused))
    else if (outcome instanceof ValenceError) this.#settle(failed(outcome))
    else this.#begin(outcome)
  }

  #begin(encoding: Encoding): void {
    const { timings } = this.#request
    timings.tokeniseMs = Math.max(timings.tokeniseMs, performance.now() - this.#arrivedMs)
    const refused = lengthRefusal(encoding, this.#request)
    if (refused) this.#settle(failed(refused))
    else this.#run(encoding)
  }

  #run({ inputIds, truncated }: Encoding): void {
    const { dispatcher, special } = this.#context
    const { maxLength, stride, lane, work, pooling, timings, positions, scoreFunction: how } = this.#request
    const windows = new Windows(inputIds, special, maxLength, stride)
    const pool = new ScorePool(pooling, how)
    const most = dispatcher.rowsAtOnce(Math.min(inputIds.length, maxLength))
    const line = lane === "interactive" && windows.count > most ? "long" : lane
    const run = new WindowRun(windows, {
      work,
      most,
      add: entry => dispatcher.add(entry, line),
      isDropped: () => this.dropped,
      onLogits: (logits, window) => pool.add(scoresOf(chosen(logits, positions), how), windows.ownTokensAt(window)),
      onEnd: error => {
        const { queueMs, inferenceMs } = run.timings()
        timings.queueMs = Math.max(timings.queueMs, queueMs)
        timings.inferenceMs = Math.max(timings.inferenceMs, inferenceMs)
        const strange = this.#context.isUnfamiliar(this.text, inputIds, truncated) && ({ unfamiliar: true } as const)
        const length = { tokens: inputIds.length, truncated, windows: windows.count, ...strange }
        this.#settle(error ? failed(error) : this.#labelled(pool.scores(), length))
      },
    })
    run.start()
  }

  #labelled(
    pooled: readonly number[],
    length: Pick<Labelled, "tokens" | "truncated" | "windows" | "unfamiliar">,
  ): LabelledText {
    const { topK, positions } = this.#request
    const { labels } = this.#context.model
    const scores = ranked(positions?.map(position => labels[position] as string) ?? labels, pooled)
    const best = scores[0]
    if (!best || scores.some(({ score }) => Number.isNaN(score)))
      return failed(new ValenceError("text_failed", "the graph gave scores that are not numbers"))
    const listed = topK === undefined ? {} : { scores: scores.slice(0, topK === "all" ? undefined : topK) }
    return { label: best.label, score: best.score, ...listed, ...length }
  }
}

function chosen(logits: Float32Array, positions: readonly number[] | undefined): Float32Array {
  return positions ? Float32Array.from(positions, position => logits[position] ?? Number.NaN) : logits
}

/** The result of a text that cannot be labelled. */
export function failed({ code, message }: ValenceError): Failed {
  return { error: { code, message } }
}
