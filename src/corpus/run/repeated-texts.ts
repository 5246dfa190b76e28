import { createHash } from "node:crypto"
import { LRUCache } from "lru-cache"
import { unlessEnded } from "../../aborting.ts"
import { isRetryable, ValenceError } from "../../errors.ts"
import type { Labelled, LabelledText, Labeller, LabelOptions } from "../../labeller.ts"

/** A labeller that labels a text which comes again, soon enough, only once. */
export interface RepeatLabeller extends Labeller {
  /** Texts that were not handed on, because an equal one was labelled or being labelled. */
  readonly repeated: number
}

/** What a remembered result takes besides its text, about. */
const resultBytes = 300

/** What stands before a text as it is remembered: with another of these options it has another result. */
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
 * remembered or still under way. Only labels are remembered, and an error that may pass is nobody's but its own text's.
 *
 * @param labeller - lent: closing this one leaves it open
 * @param maxBytes - what is remembered takes about so much memory at most; what was asked for least recently goes first
 */
export function labelOnce(labeller: Labeller, maxBytes: number): RepeatLabeller {
  const known = new LRUCache<string, Labelled>({
    maxSize: maxBytes,
    sizeCalculation: (_, key) => resultBytes + 2 * key.length,
  })
  const underWay = new Map<string, Promise<LabelledText | undefined>>()
  /** The calls that a named call became. */
  const calls = new Map<string, string[]>()
  let repeated = 0

  /** Hands on texts that nobody labels yet; what comes of them is shared from the moment that this is called. */
  function begin(keys: readonly string[], texts: readonly string[], options: LabelOptions): Promise<LabelledText[]> {
    const results = labeller.label(texts, options)
    keys.forEach((key, at) => {
      const result = results.then(
        all => all[at],
        () => undefined,
      )
      underWay.set(key, result)
      void result.then(done => {
        underWay.delete(key)
        if (done !== undefined && done.error === undefined) known.set(key, done)
      })
    })
    return results
  }

  async function labelAll(texts: readonly string[], options: LabelOptions): Promise<LabelledText[]> {
    const prefix = keyPrefixOf(options)
    const keys = texts.map(text => prefix + text)
    const found = keys.map(key => known.get(key) ?? underWay.get(key))
    const own = new Map<string, string>()
    for (const [at, key] of keys.entries()) if (found[at] === undefined) own.set(key, texts[at] as string)
    repeated += texts.length - own.size
    const sent = [...own.values()]
    const named = { ...options, ...nameOf(sent, texts.length, options.id, calls) }
    const labelled = own.size === 0 ? [] : await unlessGivenUp(begin([...own.keys()], sent, named), options.signal)
    const mine = new Map([...own.keys()].map((key, at) => [key, labelled[at]]))
    const firsts = new Set<string>()
    const results: (LabelledText | undefined)[] = []
    for (const [at, key] of keys.entries()) {
      const isFirst = own.has(key) && !firsts.has(key)
      firsts.add(key)
      const result = mine.has(key) ? mine.get(key) : await unlessGivenUp(Promise.resolve(found[at]), options.signal)
      results.push(isFirst || isShared(result) ? result : undefined)
    }
    return labelLost(texts, results, options)
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
    const again = { ...options, ...nameOf(lost, Infinity, options.id, calls) }
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

/**
 * The name of what is left of a named call. Which texts are left depends on what is remembered, and so may differ when the
 * call is made again after a crash: a call of other texts must have another name.
 */
function nameOf(
  texts: readonly string[],
  all: number,
  id: string | undefined,
  calls: Map<string, string[]>,
): { readonly id?: string } {
  if (id === undefined || texts.length === 0) return {}
  const digest = createHash("sha256").update(JSON.stringify(texts)).digest("hex").slice(0, 16)
  const name = texts.length === all ? id : `${id}-${digest}`
  calls.set(id, [...(calls.get(id) ?? []), name])
  return { id: name }
}

/** Another call's text is not waited for by a call that was given up. */
async function unlessGivenUp<T>(result: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return result
  return unlessEnded(result, signal).catch((error: unknown) => {
    throw signal.aborted ? new ValenceError("aborted", "labelling was aborted", { cause: signal.reason }) : error
  })
}
