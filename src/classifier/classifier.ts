import { textProblem } from "../check-text.ts"
import { completeOptions } from "../declaration.ts"
import { ValenceError } from "../errors.ts"
import type { ClassifierEmitter } from "../events.ts"
import type { LabelledText, Labeller, LabelOptions, Lane, ModelInfo, ScoreFunction } from "../labeller.ts"
import { readConfig } from "../model/config.ts"
import { readModelText } from "../model/read-file.ts"
import { ranked, scoreFunctionOf, scoresOf } from "../model/scores.ts"
import { findModel } from "../model/store.ts"
import { createTokenizer, type Tokenizer } from "../model/tokenizer.ts"
import { type ClassifierOptions, classifierOptions, completeCall, requireMaxLength } from "../options.ts"
import { startChildDevice } from "./device.ts"
import { Dispatcher, type DispatcherStats, type Entry } from "./dispatcher.ts"
import { deviceChildren } from "./granted-cores.ts"
import { Tokenising, type Untokenised } from "./tokenising.ts"

/** Texts of one call that are on their way at a time; the rest of a longer call waits without being encoded. */
const MAX_UNDER_WAY = 4096

interface Request {
  readonly topK: number | "all" | undefined
  readonly function: ScoreFunction
  readonly maxLength: number
  readonly lane: Lane
  readonly signal: AbortSignal | undefined
  /** The longest so far of its texts. */
  readonly timings: { queueMs: number; tokeniseMs: number; inferenceMs: number }
}

/** A `Labeller` in this process: texts are encoded, batched, run on device children and scored. */
export class Classifier implements Labeller {
  readonly model: ModelInfo
  readonly #scoreFunction: ScoreFunction
  readonly #maxTextLength: number
  readonly #tokenising: Tokenising
  readonly #dispatcher: Dispatcher
  readonly #underWay = new Set<Promise<unknown>>()
  #closing: Promise<void> | undefined

  /** @internal use `createClassifier` */
  constructor(
    model: ModelInfo,
    scoreFunction: ScoreFunction,
    maxTextLength: number,
    tokenising: Tokenising,
    dispatcher: Dispatcher,
  ) {
    this.model = model
    this.#scoreFunction = scoreFunction
    this.#maxTextLength = maxTextLength
    this.#tokenising = tokenising
    this.#dispatcher = dispatcher
  }

  /** What went through the devices so far. */
  get stats(): DispatcherStats {
    return this.#dispatcher.stats
  }

  /** The process ids of the device children that serve. */
  get devicePids(): number[] {
    return this.#dispatcher.devicePids
  }

  async label(texts: readonly string[], options: LabelOptions = {}): Promise<LabelledText[]> {
    if (this.#closing) throw new ValenceError("closed", "the classifier was closed; it takes no more texts")
    const request = this.#complete(texts, options)
    const labelled = this.#labelAll([...texts], request)
    this.#underWay.add(labelled)
    try {
      const results = await labelled
      options.onTimings?.(request.timings)
      return results
    } finally {
      this.#underWay.delete(labelled)
    }
  }

  close(): Promise<void> {
    this.#closing ??= Promise.allSettled(this.#underWay).then(() => this.#dispatcher.destroy())
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #complete(texts: readonly string[], options: LabelOptions): Request {
    const { topK, lane, ...given } = completeCall(texts, options)
    const maxLength = given.maxLength ?? this.model.maxLength
    requireMaxLength(maxLength, this.model)
    const timings = { queueMs: 0, tokeniseMs: 0, inferenceMs: 0 }
    return { topK, lane, maxLength, function: given.function ?? this.#scoreFunction, signal: options.signal, timings }
  }

  /** A window of `MAX_UNDER_WAY` texts moves over the call's texts, so that memory does not grow with them. */
  #labelAll(texts: readonly string[], request: Request): Promise<LabelledText[]> {
    const results = new Array<LabelledText>(texts.length)
    const entries = new Map<number, { dropped: boolean }>()
    return new Promise((resolve, reject) => {
      let next = 0
      let left = texts.length
      const abort = () => {
        for (const entry of entries.values()) entry.dropped = true
        reject(new ValenceError("aborted", "labelling was aborted", { cause: request.signal?.reason }))
      }
      const finish = () => {
        request.signal?.removeEventListener("abort", abort)
        resolve(results)
      }
      const refill = () => {
        if (request.signal?.aborted || entries.size > MAX_UNDER_WAY / 2) return
        for (; next < texts.length && entries.size < MAX_UNDER_WAY; next += 1) {
          const index = next
          const arrival = this.#arrival(texts[index], request, result => {
            results[index] = result
            entries.delete(index)
            left -= 1
            if (left === 0) finish()
            else refill()
          })
          entries.set(index, arrival)
          this.#tokenising.add(arrival, request.lane)
        }
      }
      if (request.signal?.aborted) return abort()
      if (texts.length === 0) return resolve(results)
      request.signal?.addEventListener("abort", abort, { once: true })
      refill()
    })
  }

  #arrival(
    text: unknown,
    request: Request,
    settle: (result: LabelledText) => void,
  ): Untokenised & { dropped: boolean } {
    const refused = this.#refusal(text)
    const { timings } = request
    const arrivedMs = performance.now()
    const arrival: Untokenised & { dropped: boolean } = {
      text: refused ? "" : (text as string),
      maxLength: request.maxLength,
      dropped: false,
      encoded: outcome => {
        if (refused) return settle(failed(refused))
        if (outcome instanceof ValenceError) return settle(failed(outcome))
        const { inputIds, truncated } = outcome
        const since = performance.now()
        timings.tokeniseMs = Math.max(timings.tokeniseMs, since - arrivedMs)
        const entry: Entry = {
          inputIds,
          tokens: inputIds.length,
          since,
          get dropped() {
            return arrival.dropped
          },
          settle: (result, runMs = 0) => {
            timings.inferenceMs = Math.max(timings.inferenceMs, runMs)
            timings.queueMs = Math.max(timings.queueMs, performance.now() - since - runMs)
            if (result instanceof ValenceError) settle(failed(result))
            else settle(this.#result(result, inputIds.length, truncated, request))
          },
        }
        this.#dispatcher.add(entry, request.lane)
      },
    }
    return arrival
  }

  /** Why a text cannot be labelled, where that is plain to see. */
  #refusal(text: unknown): ValenceError | undefined {
    const problem = textProblem(text)
    if (problem) return problem
    const { length } = text as string
    if (length <= this.#maxTextLength) return undefined
    const rule = `must have at most ${this.#maxTextLength} UTF-16 units (maxTextLength)`
    return new ValenceError("text_invalid", `text ${rule}; got ${length}`)
  }

  #result(logits: Float32Array, tokens: number, truncated: boolean, request: Request): LabelledText {
    const scores = ranked(this.model.labels, scoresOf(logits, request.function))
    const best = scores[0]
    if (!best || scores.some(({ score }) => Number.isNaN(score)))
      return failed(new ValenceError("text_failed", "the graph gave scores that are not numbers"))
    const listed =
      request.topK === undefined ? {} : { scores: scores.slice(0, request.topK === "all" ? undefined : request.topK) }
    return { label: best.label, score: best.score, ...listed, tokens, truncated }
  }
}

function failed(error: ValenceError): LabelledText {
  return { error: { code: error.code, message: error.message } }
}

/**
 * A `Labeller` in this process.
 *
 * @example
 * await using classifier = await createClassifier()
 * await classifier.label(['I love it']) // → [{ label: 'POSITIVE', score: 0.99, tokens: 5, truncated: false }]
 *
 * @param events - told of micro-batches and devices as they go
 * @throws ValenceError `option_invalid`, `model_not_found`, `model_invalid`, `device_failed`
 */
export async function createClassifier(
  options: ClassifierOptions = {},
  events?: ClassifierEmitter,
): Promise<Classifier> {
  const settings = completeOptions(classifierOptions, options)
  const devices = deviceChildren(settings.device)
  const stored = await findModel(settings.model, settings.dtype)
  const config = readConfig(await readModelText(stored.config), stored.config)
  const session = { graph: stored.graph, labels: config.labels.length }
  const [dispatcher, tokenizer] = await bothOrNeither(
    Dispatcher.start({
      ...settings,
      devices,
      ...(events && { events }),
      padId: config.padId,
      startDevice: signal => startChildDevice(session, settings, signal),
    }),
    readTokenizer(stored.tokenizer),
  )
  const model: ModelInfo = {
    name: stored.name,
    revision: stored.revision,
    dtype: settings.dtype,
    labels: config.labels,
    maxLength: config.maxPositions,
  }
  return new Classifier(
    model,
    scoreFunctionOf(config),
    settings.maxTextLength,
    new Tokenising(tokenizer, events),
    dispatcher,
  )
}

/** Loads while the devices start; a dispatcher whose tokenizer cannot be loaded is of no use. */
async function bothOrNeither<T>(starting: Promise<Dispatcher>, loading: Promise<T>): Promise<[Dispatcher, T]> {
  const [dispatcher, loaded] = await Promise.allSettled([starting, loading])
  if (dispatcher.status === "rejected") throw dispatcher.reason
  if (loaded.status === "fulfilled") return [dispatcher.value, loaded.value]
  dispatcher.value.destroy()
  throw loaded.reason
}

async function readTokenizer(file: string): Promise<Tokenizer> {
  return createTokenizer(await readModelText(file), file)
}
