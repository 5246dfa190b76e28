import { ValenceError } from "../errors.ts"

/** What a text costs besides its characters: tokens that every text has. */
const costOfText = 16
/** Times that are looked back on to know how fast texts are labelled. */
const windowMs = 2000
/** However slow it goes, so much is let in: a few texts that never wait long. */
const minCost = 2000

/** A request that was let in; disposed, it is no longer under way. */
export interface Admitted extends Disposable {
  /** Its texts were labelled, not dropped: that is how fast it goes. */
  labelled(): void
}

/**
 * Lets requests in as long as they would not wait too long for their turn: what is under way, divided by how fast texts
 * were labelled of late. Cost is in characters, which is what is known of a text before it is tokenised.
 */
export class Admission {
  readonly #maxQueueMs: number
  readonly #now: () => number
  #underWay = 0
  /** Cost that was labelled in the window that runs, and when that began. */
  #done = 0
  #sinceMs: number
  /** Cost a ms; 0 where nothing is known yet. */
  #rate = 0

  constructor(maxQueueMs: number, now: () => number = () => performance.now()) {
    this.#maxQueueMs = maxQueueMs
    this.#now = now
    this.#sinceMs = now()
  }

  /** How long a request that comes now waits, ms. */
  get queueMs(): number {
    return this.#rate === 0 ? 0 : this.#underWay / this.#rate
  }

  /**
   * Lets texts in.
   *
   * @throws ValenceError `overloaded` where they would wait too long
   */
  enter(texts: readonly string[]): Admitted {
    const { queueMs } = this
    if (queueMs > this.#maxQueueMs && this.#underWay > minCost) {
      const seconds = (ms: number) => (ms / 1000).toFixed(1)
      const rule = `a request must get its turn within ${seconds(this.#maxQueueMs)} s (maxQueueMs)`
      throw new ValenceError("overloaded", `${rule}; it would take ${seconds(queueMs)} s`)
    }
    const cost = texts.reduce((sum, text) => sum + text.length + costOfText, 0)
    if (this.#underWay === 0) this.#begin()
    this.#underWay += cost
    let left = cost
    return {
      labelled: () => this.#labelled(cost),
      [Symbol.dispose]: () => {
        this.#underWay -= left
        left = 0
      },
    }
  }

  /** Idle time says nothing of how fast texts are labelled. */
  #begin(): void {
    this.#done = 0
    this.#sinceMs = this.#now()
  }

  #labelled(cost: number): void {
    this.#done += cost
    const passedMs = this.#now() - this.#sinceMs
    if (passedMs < windowMs && this.#rate > 0) return
    const rate = this.#done / Math.max(passedMs, 1)
    if (passedMs >= windowMs) {
      this.#rate = rate
      this.#begin()
    } else if (this.#done >= minCost) this.#rate = rate
  }
}
