import { basename } from "node:path"
import { setImmediate } from "node:timers/promises"
import { textProblem, textTooLong } from "../check-text.ts"
import { chosenPositions } from "../chosen-labels.ts"
import { shown, ValenceError } from "../errors.ts"
import type { LabelledText, Labeller, LabelOptions, ModelInfo } from "../labeller.ts"
import { completeCall } from "../options.ts"
import { findLexicon } from "./find-lexicon.ts"
import type { Lexicon, Match } from "./lexicon.ts"
import { readLexicon } from "./read-lexicon.ts"
import { lexiconLabels, scoreMatch } from "./score-match.ts"

/** Which lexicon labels. */
export interface LexiconOptions {
  /** `mvp`, `afinn-111`, or the path of a `.tsv` file. */
  readonly model: string
}

/** How many characters are labelled before the event loop gets a turn: about 5 ms of work. */
const charactersBetweenTurns = 200_000
/** What a text costs besides its characters, in characters. */
const charactersPerText = 50

/**
 * A labeller from a list of words and phrases with valences. A result's `score` is the mean valence of what matched,
 * on the lexicon's own scale and below 0 for NEGATIVE; `words` names what matched; `tokens` counts the words.
 *
 * @throws ValenceError `option_invalid`, `model_not_found`, `lexicon_invalid`
 * @example
 * await using labeller = await createLexiconLabeller({ model: 'afinn-111' })
 * await labeller.label(['Not good, but fun.'])
 * // → [ { label: 'POSITIVE', score: 1, tokens: 4, truncated: false, windows: 1, words: [ 'not good', 'fun' ] } ]
 */
export async function createLexiconLabeller({ model }: LexiconOptions): Promise<Labeller> {
  const path = findLexicon(model)
  const { lexicon, revision } = await readLexicon(path)
  return new LexiconLabeller(lexicon, {
    name: basename(path).replace(/\.tsv$/i, ""),
    revision,
    dtype: "lexicon",
    labels: lexiconLabels,
    maxLength: Infinity,
  })
}

class LexiconLabeller implements Labeller {
  readonly model: ModelInfo
  readonly #lexicon: Lexicon
  readonly #running = new Set<Promise<unknown>>()
  #closed = false

  constructor(lexicon: Lexicon, model: ModelInfo) {
    this.#lexicon = lexicon
    this.model = model
  }

  async label(texts: readonly string[], options: LabelOptions = {}): Promise<LabelledText[]> {
    if (this.#closed) throw new ValenceError("closed", "labeller must be open to label; it is closed")
    checkCall(texts, options, this.model)
    const running = this.#labelInTurns(texts, options)
    this.#running.add(running)
    try {
      return await running
    } finally {
      this.#running.delete(running)
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled(this.#running)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #labelInTurns(texts: readonly string[], options: LabelOptions): Promise<LabelledText[]> {
    throwIfAborted(options.signal)
    const results: LabelledText[] = []
    let characters = 0
    const turn = async () => {
      await setImmediate()
      throwIfAborted(options.signal)
      characters = 0
    }
    for (const text of texts) {
      if (characters >= charactersBetweenTurns) await turn()
      const length = typeof text === "string" ? text.length : 0
      const { maxLength = Infinity, longText = "truncate" } = options
      // A lexicon reads any length, and needs no windows.
      const most = longText === "truncate" ? maxLength : Infinity
      const problem = textProblem(text, options.empty ?? "error")
      if (problem) results.push(failed(problem))
      else if (length <= charactersBetweenTurns) results.push(labelled(this.#lexicon.match(text, most), options))
      else results.push(labelled(await this.#matchInTurns(text, most, turn), options))
      characters += charactersPerText + Math.min(length, charactersBetweenTurns)
    }
    return results
  }

  async #matchInTurns(text: string, most: number, turn: () => Promise<void>): Promise<Match> {
    const pieces = this.#lexicon.matchInPieces(text, most, charactersBetweenTurns)
    let step = pieces.next()
    for (; !step.done; step = pieces.next()) await turn()
    return step.value
  }
}

function labelled(match: Match, { maxLength = Infinity, longText, topK }: LabelOptions): LabelledText {
  const isTooLong = longText === "error" && match.wordCount > maxLength
  return isTooLong ? failed(textTooLong(match.wordCount, maxLength, "words")) : scoreMatch(match, topK)
}

const failed = ({ code, message }: ValenceError): LabelledText => ({ error: { code, message } })

function checkCall(texts: readonly string[], options: LabelOptions, model: ModelInfo): void {
  const { scoreFunction, labels } = completeCall(texts, options)
  chosenPositions(labels, model)
  if (scoreFunction !== undefined && scoreFunction !== "none")
    throw new ValenceError(
      "option_invalid",
      `scoreFunction must be none for a lexicon, which has no logits; got ${shown(scoreFunction)}`,
    )
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted)
    throw new ValenceError("aborted", "labelling was aborted before every text had its label", {
      cause: signal.reason,
    })
}
