import { createHash } from "node:crypto"
import { unlessEnded } from "../../aborting.ts"
import { isRetryable, ValenceError } from "../../errors.ts"
import type { LabelledText, Labeller, LabelOptions } from "../../labeller.ts"
import { RecentResults } from "./recent-results.ts"

/** A labeller that labels a text which comes again, soon enough, only once. */
export interface RepeatLabeller extends Labeller {
  /** Texts that were not handed on, because an equal one was labelled or being labelled. */
  readonly repeated: number
}

/** A text that is being labelled: its place in its call, which gives no results if it fails. */
interface Begun {
  readonly results: Promise<readonly LabelledText[]>
  readonly at: number
}

/** The key prefix of a remembered text: other options give other results. */
const keyPrefixOf = ({
  topK,
  labels,
  scoreFunction: scores,
  maxLength,
  longText,
  stride,
  empty,
  pooling,
}: LabelOptions) => [topK, labels, scores, maxLength, longText, stride, empty, pooling, ""].join(" ")

/**
 * A labeller before another one that hands on only the first of equal texts: the others get its result, whether it is
 * remembered or still under way. Only labels are remembered, and a retryable error belongs to its own text only.
 *
 * @param labeller - lent: closing this one leaves it open
 * @param maxBytes - what is remembered takes about this much memory at most; the least recently used goes first
 */
export function labelOnce(labeller: Labeller, maxBytes: number): RepeatLabeller {
  const known = new RecentResults(maxBytes)
  const underWay = new Map<string, Begun>()
  /** The calls that a named call became. */
  const calls = new Map<string, string[]>()
  let repeated = 0

  /** Hands on texts that no one labels yet; what comes of them is shared from the moment that this is called. */
  function begin(keys: readonly string[], texts: readonly string[], options: LabelOptions): Promise<LabelledText[]> {
    const labelled = labeller.label(texts, options)
    const results = labelled.catch(() => [])
    for (const [at, key] of keys.entries()) underWay.set(key, { results, at })
    void results.then(all => {
      for (const [at, key] of keys.entries()) {
        underWay.delete(key)
        const result = all[at]
        if (result !== undefined && result.error === undefined) known.set(key, result)
      }
    })
    return labelled
  }

  async function labelAll(texts: readonly string[], options: LabelOptions): Promise<LabelledText[]> {
    const prefix = keyPrefixOf(options)
    const keys = texts.map(text => prefix + text)
    const results: (LabelledText | undefined)[] = new Array(texts.length)
    /** Texts that are being labelled for another call. */
    const awaited: { readonly index: number; readonly begun: Begun }[] = []
    /** By key, the places of texts that are not labelled yet; the first of them is passed on. */
    const own = new Map<string, number[]>()
    for (const [index, key] of keys.entries()) {
      const remembered = known.get(key)
      const begun = remembered === undefined ? underWay.get(key) : undefined
      if (remembered !== undefined) results[index] = remembered
      else if (begun !== undefined) awaited.push({ index, begun })
      else {
        const places = own.get(key)
        if (places === undefined) own.set(key, [index])
        else places.push(index)
      }
    }
    repeated += texts.length - own.size
    const sent = [...own.values()].map(([first]) => texts[first as number] as string)
    const named = { ...options, ...nameOf(sent, texts.length, options.id) }
    const labelled = own.size === 0 ? [] : await unlessGivenUp(begin([...own.keys()], sent, named), options.signal)
    for (const [at, places] of [...own.values()].entries()) {
      const result = labelled[at]
      for (const [nth, index] of places.entries()) results[index] = nth === 0 || isShared(result) ? result : undefined
    }
    for (const { index, begun } of awaited) {
      const result = (await unlessGivenUp(begun.results, options.signal))[begun.at]
      results[index] = isShared(result) ? result : undefined
    }
    return labelLost(texts, results, options)
  }

  /**
   * The name of what is left of a named call. Which texts are left depends on what is remembered, and so may differ when the
   * call is made again after a crash: a call of other texts must have another name. A labeller that keeps no results needs none.
   */
  function nameOf(texts: readonly string[], all: number, id: string | undefined): { readonly id?: string } {
    if (labeller.release === undefined || id === undefined || texts.length === 0) return {}
    const digest = () => createHash("sha256").update(JSON.stringify(texts)).digest("hex").slice(0, 16)
    const name = texts.length === all ? id : `${id}-${digest()}`
    calls.set(id, [...(calls.get(id) ?? []), name])
    return { id: name }
  }

  /** Labels the texts whose equal one failed in a way that may pass, or was given up with its call. */
  async function labelLost(
    texts: readonly string[],
    results: readonly (LabelledText | undefined)[],
    options: LabelOptions,
  ): Promise<LabelledText[]> {
    const lost = texts.filter((_, at) => results[at] === undefined)
    if (lost.length === 0) return results as LabelledText[]
    repeated -= lost.length
    const again = { ...options, ...nameOf(lost, Infinity, options.id) }
    const labelled = (await labeller.label(lost, again))[Symbol.iterator]()
    return results.map(result => result ?? (labelled.next().value as LabelledText))
  }

  return {
    model: labeller.model,
    get repeated() {
      return repeated
    },
    label: (texts, options = {}) => (texts.length === 0 ? labeller.label(texts, options) : labelAll(texts, options)),
    ...(labeller.release && {
      async release(ids: readonly string[]) {
        const made = ids.flatMap(id => calls.get(id) ?? [])
        for (const id of ids) calls.delete(id)
        await labeller.release?.(made)
      },
    }),
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
  }
}

const isShared = (result: LabelledText | undefined) =>
  result !== undefined && (result.error === undefined || !isRetryable(result.error.code))

/** Another call's text is not waited for by a call that was given up. */
async function unlessGivenUp<T>(result: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return result
  return unlessEnded(result, signal).catch((error: unknown) => {
    throw signal.aborted ? new ValenceError("aborted", "labelling was aborted", { cause: signal.reason }) : error
  })
}
