/** What stands in a waiting line. */
export interface Waiter {
  /** Tokens of its encoding, 1 or more. */
  readonly tokens: number
  /** When it came, ms on any clock that only goes forward. */
  readonly since: number
  /** Set by whoever no longer wants it: it is never handed out. */
  readonly dropped?: boolean
}

/** How large a micro-batch may be. */
export interface BatchLimits {
  /** Token budget: rows x longest. A text that is longer on its own is a batch of one. */
  readonly maxBatchTokens: number
  readonly maxBatchTexts: number
}

/** Lengths in a micro-batch differ by so many tokens at most, or by this share of the first: past that, a run of its own is cheaper. */
const LIKE_LENGTH_TOKENS = 8
const LIKE_LENGTH_SHARE = 0.25

/** A place in two lines; whoever was taken leaves both at once, so that no line holds on to it. */
interface Place<T> {
  waiter: T | undefined
}

/** First in, first out, with a cheap `shift`. */
class Line<T> {
  #places: Place<T>[] = []
  #head = 0

  push(place: Place<T>): void {
    this.#places.push(place)
  }

  /** The first place that is neither taken nor dropped. */
  first(isGone: (place: Place<T>) => boolean): Place<T> | undefined {
    while (this.#head < this.#places.length) {
      const place = this.#places[this.#head] as Place<T>
      if (!isGone(place)) return place
      this.#head += 1
    }
    this.#places = []
    this.#head = 0
    return undefined
  }

  /** Forgets places that were passed, once they are most of what is kept. */
  compact(): void {
    if (this.#head < 1024 || this.#head * 2 < this.#places.length) return
    this.#places = this.#places.slice(this.#head)
    this.#head = 0
  }
}

/**
 * One lane's waiting line, sorted by length as it fills: a line for each number of tokens, and one in order of arrival.
 *
 * A batch is cut around the oldest waiter, so nobody starves, and takes those of the nearest lengths, so little is padding.
 */
export class Waiting<T extends Waiter> {
  readonly #byTokens: Line<T>[] = []
  readonly #arrivals = new Line<T>()
  #size = 0

  /** Waiters that are neither taken nor known to be dropped. */
  get size(): number {
    return this.#size
  }

  add(waiter: T): void {
    const place: Place<T> = { waiter }
    while (this.#byTokens.length <= waiter.tokens) this.#byTokens.push(new Line())
    this.#byTokens[waiter.tokens]?.push(place)
    this.#arrivals.push(place)
    this.#size += 1
  }

  /** Whoever has waited longest. */
  oldest(): T | undefined {
    return this.#arrivals.first(this.#isGone)?.waiter
  }

  /** Takes the oldest waiter and those nearest to it in length, as many as the limits allow; empty when nobody waits. */
  takeBatch(limits: BatchLimits): T[] {
    const oldest = this.#arrivals.first(this.#isGone)
    if (!oldest) return []
    return this.#fill([this.#take(oldest)], limits)
  }

  /** Adds to a batch whoever fits in, shorter ones first, without going over the limits. */
  joinBatch(batch: T[], limits: BatchLimits): T[] {
    return batch.length === 0 ? batch : this.#fill(batch, limits)
  }

  /** Takes everybody, in order of arrival. */
  drain(): T[] {
    const all: T[] = []
    for (let place = this.#arrivals.first(this.#isGone); place; place = this.#arrivals.first(this.#isGone))
      all.push(this.#take(place))
    return all
  }

  #isGone = (place: Place<T>): boolean => {
    if (place.waiter?.dropped) {
      place.waiter = undefined
      this.#size -= 1
    }
    return place.waiter === undefined
  }

  /** @param place - of somebody who is not gone */
  #take(place: Place<T>): T {
    const waiter = place.waiter as T
    place.waiter = undefined
    this.#size -= 1
    this.#arrivals.compact()
    return waiter
  }

  /** Walks outwards from the batch's longest, each step to the side that pads less, until a length is no longer like it. */
  #fill(batch: T[], limits: BatchLimits): T[] {
    let longest = batch.reduce((tokens, waiter) => Math.max(tokens, waiter.tokens), 0)
    const start = longest
    const reach = Math.max(LIKE_LENGTH_TOKENS, Math.floor(start * LIKE_LENGTH_SHARE))
    const hasRoom = (tokens: number) =>
      batch.length < limits.maxBatchTexts && (batch.length + 1) * Math.max(longest, tokens) <= limits.maxBatchTokens
    for (let distance = 0; distance <= reach && hasRoom(longest); distance += 1) {
      for (const tokens of distance === 0 ? [start] : [start - distance, start + distance]) {
        const line = this.#byTokens[tokens]
        for (let place = line?.first(this.#isGone); place && hasRoom(tokens); place = line?.first(this.#isGone)) {
          batch.push(this.#take(place))
          longest = Math.max(longest, tokens)
        }
        line?.compact()
      }
    }
    return batch
  }
}
