import type { BatchLimits } from "../plan/batch-limits.ts"
import { Fifo } from "./fifo.ts"

/** What stands in a waiting line. */
export interface Waiter {
  /** Tokens of its encoding, 1 or more. */
  readonly tokens: number
  /** When it came, ms on any clock that only goes forward. */
  readonly since: number
  /** Set by the caller that no longer wants it: it is never handed out. */
  readonly dropped?: boolean
}

/** Lengths in a micro-batch differ by this many tokens at most, or by this share of the first: past that, a run of its own is cheaper. */
const LIKE_LENGTH_TOKENS = 8
const LIKE_LENGTH_SHARE = 0.25

/** A place in two lines; a taken item leaves both at once, so that no line keeps it. */
interface Place<T> {
  waiter: T | undefined
}

/**
 * One lane's waiting line, sorted by length as it fills: a line for each number of tokens, and one in order of arrival.
 *
 * A batch is cut around the oldest waiter, so no one starves, and takes those of the nearest lengths, so little is padding.
 */
export class Waiting<T extends Waiter> {
  readonly #byTokens: Fifo<Place<T>>[] = []
  readonly #arrivals = new Fifo<Place<T>>()
  #size = 0
  #tokens = 0

  /** Waiters that are neither taken nor known to be dropped. */
  get size(): number {
    return this.#size
  }

  /** Their tokens together. */
  get tokens(): number {
    return this.#tokens
  }

  add(waiter: T): void {
    const place: Place<T> = { waiter }
    while (this.#byTokens.length <= waiter.tokens) this.#byTokens.push(new Fifo())
    this.#byTokens[waiter.tokens]?.push(place)
    this.#arrivals.push(place)
    this.#size += 1
    this.#tokens += waiter.tokens
  }

  /** The item that has waited longest. */
  oldest(): T | undefined {
    return this.#first(this.#arrivals)?.waiter
  }

  /** Takes the oldest waiter and those nearest to it in length, as many as the limits allow; empty if none waits. */
  takeBatch(limits: BatchLimits): T[] {
    const oldest = this.#first(this.#arrivals)
    if (!oldest) return []
    const first = this.#leave(oldest)
    // Its place leaves the line of its length too, even if no other of that length fits in.
    const line = this.#byTokens[first.tokens]
    if (line) this.#first(line)
    return this.#fill(first, limits)
  }

  /** Takes everybody, in order of arrival. */
  drain(): T[] {
    const all: T[] = []
    for (let place = this.#first(this.#arrivals); place; place = this.#first(this.#arrivals))
      all.push(this.#leave(place))
    return all
  }

  /** The first place of a line that is still wanted; places before it leave the line. */
  #first(line: Fifo<Place<T>>): Place<T> | undefined {
    for (let place = line.first(); place; place = line.first()) {
      if (place.waiter?.dropped) this.#leave(place)
      if (place.waiter) return place
      line.shift()
    }
    return undefined
  }

  /** @param place - of an item that is still waiting */
  #leave(place: Place<T>): T {
    const waiter = place.waiter as T
    place.waiter = undefined
    this.#size -= 1
    this.#tokens -= waiter.tokens
    return waiter
  }

  /** Walks outwards from the first one's length, each step to the side that pads less, until a length is no longer like it. */
  #fill(first: T, limits: BatchLimits): T[] {
    const batch = [first]
    const start = first.tokens
    let longest = start
    const reach = Math.max(LIKE_LENGTH_TOKENS, Math.floor(start * LIKE_LENGTH_SHARE))
    const hasRoom = (tokens: number) => {
      const longer = Math.max(longest, tokens)
      const isWithin = batch.length < limits.maxBatchTexts && (batch.length + 1) * longer <= limits.maxBatchTokens
      return isWithin && (limits.mostRows === undefined || batch.length < limits.mostRows(longer))
    }
    for (let distance = 0; distance <= reach && hasRoom(longest); distance += 1) {
      for (const tokens of distance === 0 ? [start] : [start - distance, start + distance]) {
        const line = this.#byTokens[tokens]
        if (!line) continue
        for (let place = this.#first(line); place && hasRoom(tokens); place = this.#first(line)) {
          batch.push(this.#leave(place))
          longest = Math.max(longest, tokens)
        }
      }
    }
    return batch
  }
}
