import { requireObject } from "../check-request.ts"
import { chosenPositions } from "../chosen-labels.ts"
import { completeOptions } from "../declaration.ts"
import { ValenceError } from "../errors.ts"
import type { ClassifierEmitter } from "../events.ts"
import type { OnPull } from "../hub/pull-progress.ts"
import type {
  DeviceFacts,
  Failed,
  LabelledText,
  Labeller,
  LabelOptions,
  ModelInfo,
  ScoreFunction,
} from "../labeller.ts"
import { type ClassifierOptions, classifierOptions, completeCall, completeLengths } from "../options.ts"
import { workNow } from "../traced-work.ts"
import type { DispatcherStats } from "./batcher/dispatcher.ts"
import { type OpenModel, openModel, type PlannedDevice } from "./open-model.ts"
import { onDevices } from "./plan/on-devices.ts"
import { TextCheck } from "./text-check.ts"
import { failed, type TextRequest, TextRun, type TextRunContext } from "./text-run.ts"
import { Tokenising } from "./tokenising.ts"

/** Texts of one call that are on their way at a time; the rest of a longer call waits without being encoded. */
const MAX_UNDER_WAY = 4096
/** UTF-16 units of them, and one text more: a long text's ids are in memory until its last window is done. */
const MAX_UNITS_UNDER_WAY = 16 * 1024 * 1024

interface Request extends TextRequest {
  readonly signal: AbortSignal | undefined
  dropped: boolean
}

/** A `Labeller` in this process: texts are encoded, batched, run on device children and scored. */
export class Classifier implements Labeller {
  readonly model: ModelInfo
  /** Why device `auto` is not a GPU; `undefined` if it is, or something else was asked for. */
  readonly fellBack: string | undefined
  readonly #scoreFunction: ScoreFunction
  readonly #tokenising: Tokenising
  readonly #context: TextRunContext
  readonly #devices: readonly PlannedDevice[]
  readonly #underWay = new Set<Promise<unknown>>()
  #closing: Promise<void> | undefined

  /** @internal use `createClassifier` */
  constructor(opened: OpenModel, maxTextLength: number, tokenising: Tokenising, fellBack: string | undefined) {
    const { info: model, dispatcher, tokenizer } = opened
    this.model = model
    this.fellBack = fellBack
    this.#scoreFunction = opened.scoreFunction
    this.#tokenising = tokenising
    const { special, isUnfamiliar } = tokenizer
    this.#context = { model, maxTextLength, special, isUnfamiliar, dispatcher }
    this.#devices = opened.devices
  }

  /** What it labels on. */
  get devices(): DeviceFacts[] {
    return this.#devices.map(({ name, children, limits, tuning }) => ({
      device: name,
      children,
      maxBatchTokens: this.#context.dispatcher.maxBatchTokens.get(name) ?? limits.maxBatchTokens,
      maxBatchTexts: limits.maxBatchTexts,
      tokensPerSecond: tuning?.tokensPerSecond,
    }))
  }

  /** What went through the devices so far. */
  get stats(): DispatcherStats {
    return this.#context.dispatcher.stats
  }

  /** The process ids of the device children that serve. */
  get devicePids(): number[] {
    return this.#context.dispatcher.devicePids
  }

  async label(texts: readonly string[], options: LabelOptions = {}): Promise<LabelledText[]> {
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

  async check(texts: readonly string[], options: LabelOptions = {}): Promise<(Failed | undefined)[]> {
    const request = this.#complete(texts, options)
    const checks = texts.map(text => new TextCheck(text, request, this.#context.maxTextLength, request.empty))
    for (const check of checks) this.#tokenising.add(check, request.lane)
    const refused = await Promise.all(checks.map(({ done }) => done))
    return refused.map(error => error && failed(error))
  }

  close(): Promise<void> {
    this.#closing ??= Promise.allSettled(this.#underWay).then(() => this.#context.dispatcher.destroy())
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #complete(texts: readonly string[], options: LabelOptions): Request {
    if (this.#closing) throw new ValenceError("closed", "the classifier was closed; it takes no more texts")
    const given = completeCall(texts, options)
    const positions = chosenPositions(given.labels, this.model)
    return {
      ...given,
      ...completeLengths(given, this.model),
      positions,
      names: positions?.map(position => this.model.labels[position] as string) ?? this.model.labels,
      scoreFunction: given.scoreFunction ?? this.#scoreFunction,
      signal: options.signal,
      work: workNow(),
      dropped: false,
      timings: { queueMs: 0, tokeniseMs: 0, inferenceMs: 0 },
    }
  }

  /** Keeps a bounded number of texts under way, so that memory does not grow with the call. */
  #labelAll(texts: readonly string[], request: Request): Promise<LabelledText[]> {
    const results = new Array<LabelledText>(texts.length)
    const { signal } = request
    return new Promise((resolve, reject) => {
      let next = 0
      let left = texts.length
      let underWay = 0
      let units = 0
      const abort = () => {
        request.dropped = true
        reject(new ValenceError("aborted", "labelling was aborted", { cause: signal?.reason }))
      }
      const settled = (index: number, result: LabelledText) => {
        results[index] = result
        underWay -= 1
        units -= unitsOf(texts[index])
        left -= 1
        if (left > 0) return refill()
        signal?.removeEventListener("abort", abort)
        resolve(results)
      }
      const sink = { settled }
      const refill = () => {
        if (request.dropped || underWay > MAX_UNDER_WAY / 2) return
        for (; next < texts.length && underWay < MAX_UNDER_WAY && units < MAX_UNITS_UNDER_WAY; next += 1) {
          underWay += 1
          units += unitsOf(texts[next])
          this.#tokenising.add(new TextRun(texts[next], next, request, this.#context, sink), request.lane)
        }
      }
      if (signal?.aborted) return abort()
      if (texts.length === 0) return resolve(results)
      signal?.addEventListener("abort", abort, { once: true })
      refill()
    })
  }
}

/** What may be no text is found out later. */
const unitsOf = (text: unknown) => (typeof text === "string" ? text.length : 0)

/** The parts of a classifier: its options and listeners. */
export interface ClassifierRequest extends ClassifierOptions {
  /** Receives the events of micro-batches and devices. */
  readonly events?: ClassifierEmitter | undefined
  /** Called with what happens while a model is pulled from the hub. */
  readonly onPull?: OnPull | undefined
  /** Ends a pull. */
  readonly signal?: AbortSignal | undefined
}

/**
 * A `Labeller` in this process.
 *
 * @example
 * await using classifier = await createClassifier()
 * await classifier.label(['I love it']) // → [{ label: 'POSITIVE', score: 0.99, tokens: 5, truncated: false, windows: 1 }]
 *
 * @throws ValenceError `option_invalid`, `model_not_found`, `model_invalid`, `device_missing`, `device_failed`; where the
 * model is pulled from the hub, also as `pullModel`
 */
export async function createClassifier(request: ClassifierRequest = {}): Promise<Classifier> {
  requireObject(request)
  const { events, onPull, signal, ...options } = request
  const settings = completeOptions(classifierOptions, options)
  const { opened, fellBack } = await onDevices(settings, devices =>
    openModel(devices, settings, events, onPull, signal),
  )
  return new Classifier(opened, settings.maxTextLength, new Tokenising(opened.tokenizer, events), fellBack)
}
