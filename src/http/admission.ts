import { ValenceError } from "../errors.ts"
import type { Labeller } from "../labeller.ts"

/** What a text costs besides its characters: tokens that every text has. */
const costOfText = 16
/** Times that are looked back on to know how fast texts are labelled. */
const windowMs = 2000
/** However slow it goes, so much is let in: a few texts that never wait long. */
const minCost = 2000
/** What is let in while nobody knows how fast it goes: a thousand short texts. */
const coldCost = 100_000
/** Where at least this part of the longest queue was there all the time, labelling went as fast as it can. */
const saturatedPart = 1 / 4

/** A request that was let in; disposed, it is no longer under way. */
export interface Admitted extends Disposable {
  /** Its texts were labelled, not dropped: that is how fast it goes. */
  labelled(): void
}

/**
 * Lets requests in as long as they would not wait too long for their turn: what is under way, divided by how fast texts
 * can be labelled. Cost is in characters, which is what is known of a text before it is tokenised.
 *
 * How fast it can go shows only where there is always something to do: a window of little work may raise the rate and never lowers it.
 */
export class Admission {
  readonly #maxQueueMs: number
  readonly #now: () => number
  #underWay = 0
  /** Cost that was labelled in the window that runs, when that began, and the least that was under way in it. */
  #done = 0
  #sinceMs: number
  #least = 0
  /** Cost a ms; 0 where nothing is known yet. */
  #rate = 0
  /** Whether the rate comes from a whole window; before, it is the best guess so far. */
  #settled = false

  constructor(maxQueueMs: number, now: () => number = () => performance.now()) {
    this.#maxQueueMs = maxQueueMs
    this.#now = now
    this.#sinceMs = now()
  }

  /** How long a request that comes now waits, ms. */
  get queueMs(): number {
    return this.#rate === 0 ? 0 : this.#underWay / this.#rate
  }

  /** Seconds after which a request that is refused now would be let in. */
  get retryAfterSeconds(): number {
    return Math.max(1, Math.ceil((this.queueMs - this.#maxQueueMs) / 1000))
  }

  /**
   * Lets texts in.
   *
   * @throws ValenceError `overloaded` where they would wait too long
   */
  enter(texts: readonly string[]): Admitted {
    this.#requireRoom()
    const cost = texts.reduce((sum, text) => sum + text.length + costOfText, 0)
    // Idle time says nothing of how fast texts are labelled.
    if (this.#underWay === 0) this.#begin()
    this.#underWay += cost
    let left = cost
    return {
      labelled: () => this.#labelled(cost),
      [Symbol.dispose]: () => {
        this.#underWay -= left
        this.#least = Math.min(this.#least, this.#underWay)
        left = 0
      },
    }
  }

  #requireRoom(): void {
    const { queueMs } = this
    const full = this.#rate === 0 ? this.#underWay > coldCost : queueMs > this.#maxQueueMs && this.#underWay > minCost
    if (!full) return
    const seconds = (ms: number) => (ms / 1000).toFixed(1)
    const rule = `a request must get its turn within ${seconds(this.#maxQueueMs)} s (maxQueueMs)`
    const got = this.#rate === 0 ? "nobody knows yet how long it would take" : `it would take ${seconds(queueMs)} s`
    throw new ValenceError("overloaded", `${rule}; ${got}`)
  }

  #begin(): void {
    this.#done = 0
    this.#sinceMs = this.#now()
    this.#least = this.#underWay
  }

  #labelled(cost: number): void {
    this.#done += cost
    const passedMs = this.#now() - this.#sinceMs
    const measured = this.#done / Math.max(passedMs, 1)
    if (passedMs >= windowMs) {
      const saturated = this.#least >= this.#rate * this.#maxQueueMs * saturatedPart
      this.#rate = saturated ? measured : Math.max(this.#rate, measured)
      this.#settled = true
      this.#begin()
    } else if (!this.#settled && this.#done >= minCost) this.#rate = Math.max(this.#rate, measured)
  }
}

/** An admission for each labeller: how fast a lexicon goes says nothing of a model. */
export function admissions(maxQueueMs: number): (labeller: Labeller) => Admission {
  const known = new WeakMap<Labeller, Admission>()
  return labeller => {
    const found = known.get(labeller) ?? new Admission(maxQueueMs)
    known.set(labeller, found)
    return found
  }
}
