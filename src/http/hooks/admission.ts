import { ValenceError } from "../../errors.ts"
import type { Labeller } from "../../labeller.ts"

/** What a text costs besides its characters: tokens that every text has. */
const costOfText = 16
/** A window of time that is looked back on to know how fast texts are labelled. */
const windowMs = 2000
/** However slow it goes, this cost is let in: a few texts that never wait long. It is also the least that a measurement needs. */
const minCost = 2000
/** What is let in while it is not known how fast it goes: a thousand short texts. */
const coldCost = 100_000
/** If a queue of this part of the longest one was there all the time, labelling went as fast as it can. */
const saturatedPart = 1 / 4
/** As long as no request has been under way for this part of the longest wait, none has waited, and none is refused. */
const patientPart = 1 / 8
/** A single measurement may be that of a device that was frozen: it slows the rate down by this factor at most. */
const maxSlowdown = 4

/**
 * A text with more characters is labelled next to others, not in front of them: it waits in a line of its own to be tokenised, and has few
 * windows at a time in line for a device.
 */
const longText = 20_000
/** What such a text costs: about the windows that it has in line. */
const costOfLongText = 4000
/** Characters of such texts that are let in while it is not known how fast it goes. */
const coldLongCost = 4_000_000

/** A request that was let in; disposed, it is no longer under way. */
export interface Admitted extends Disposable {
  /** Its texts were labelled, not dropped: that is how fast it goes. */
  labelled(): void
}

/** How long requests may take. */
export interface AdmissionBounds {
  /** Until their turn. */
  readonly maxQueueMs: number
  /** Until their answer. */
  readonly answerTimeoutMs: number
}

/** A request that is under way; with a long text, it says nothing about the speed of others. */
interface Entry {
  readonly cost: number
  /** Characters of its long texts. */
  readonly long: number
  readonly sinceMs: number
}

/**
 * Lets requests in unless they would wait too long for their turn: the cost of what is under way, divided by how fast texts can be
 * labelled. Cost is in characters, which is what is known of a text before it is tokenised.
 *
 * How fast it can go shows only if there is always something to do. So a rate is raised by any measurement: from the moment at which
 * nothing was under way, or over a whole window. It is lowered only after a window in which there was a queue all the time. As even such a
 * window may have been that of a frozen device, a request is refused only if another has been under way for some time.
 */
export class Admission {
  readonly #bounds: AdmissionBounds
  readonly #now: () => number
  /** Without long texts, the one that came first before the others. */
  readonly #entries = new Set<Entry>()
  #underWay = 0
  /** Characters of long texts. */
  #longUnderWay = 0
  /** Cost that was labelled in the window that runs, when that began, and the least that was under way in it; all without long texts. */
  #done = 0
  #sinceMs: number
  #least = 0
  /** Whether nothing was under way when the window began, but long texts. */
  #fresh = true
  /** Cost without long texts. */
  #queued = 0
  /** Cost a ms; 0 if nothing is known yet. */
  #rate = 0

  constructor(bounds: AdmissionBounds, now: () => number = () => performance.now()) {
    this.#bounds = bounds
    this.#now = now
    this.#sinceMs = now()
  }

  /** How long a request that comes now waits, ms. */
  get queueMs(): number {
    return this.#rate === 0 ? 0 : this.#underWay / this.#rate
  }

  /** Seconds after which a request that is refused now would be let in. */
  get retryAfterSeconds(): number {
    return Math.max(1, Math.ceil((this.queueMs - this.#bounds.maxQueueMs) / 1000))
  }

  /**
   * Lets texts in.
   *
   * @throws ValenceError `overloaded` if they would wait too long
   */
  enter(texts: readonly string[]): Admitted {
    const [cost, long] = costOf(texts)
    this.#requireRoom()
    if (long > 0) this.#requireRoomForLong(long)
    // Idle time says nothing of how fast texts are labelled.
    if (long === 0 && this.#queued === 0) this.#begin(true)
    const entry: Entry = { cost, long, sinceMs: this.#now() }
    this.#add(entry, 1)
    let under = true
    return {
      labelled: () => {
        if (long === 0) this.#labelled(cost)
      },
      [Symbol.dispose]: () => {
        if (under) this.#add(entry, -1)
        under = false
      },
    }
  }

  #add(entry: Entry, sign: 1 | -1): void {
    this.#underWay += sign * entry.cost
    this.#longUnderWay += sign * entry.long
    if (entry.long > 0) return
    this.#queued += sign * entry.cost
    if (sign === 1) this.#entries.add(entry)
    else this.#entries.delete(entry)
    this.#least = Math.min(this.#least, this.#queued)
  }

  #requireRoom(): void {
    const { queueMs } = this
    const { maxQueueMs } = this.#bounds
    if (this.#rate === 0) {
      if (this.#underWay > coldCost) throw overloaded(maxQueueMs, "it is not known yet how long it would take")
      return
    }
    const [oldest] = this.#entries
    const waits = oldest !== undefined && this.#now() - oldest.sinceMs >= maxQueueMs * patientPart
    if (waits && queueMs > maxQueueMs && this.#underWay > minCost)
      throw overloaded(maxQueueMs, `it would take ${seconds(queueMs)}`)
  }

  /** Long texts are labelled side by side: each waits for all of them, and none for its turn. */
  #requireRoomForLong(long: number): void {
    const { answerTimeoutMs } = this.#bounds
    const room = this.#rate === 0 ? coldLongCost : this.#rate * answerTimeoutMs
    if (this.#longUnderWay === 0 || this.#longUnderWay + long <= room) return
    const rule = `long texts must be labelled within ${seconds(answerTimeoutMs)} (answerTimeoutMs)`
    throw new ValenceError("overloaded", `${rule}, and texts of ${this.#longUnderWay} characters are under way`)
  }

  #begin(fresh: boolean): void {
    this.#done = 0
    this.#sinceMs = this.#now()
    this.#least = this.#queued
    this.#fresh = fresh
  }

  #labelled(cost: number): void {
    this.#done += cost
    const passedMs = this.#now() - this.#sinceMs
    const measured = this.#done / Math.max(passedMs, 1)
    if (passedMs >= windowMs) {
      const queueMs = this.#least < minCost ? 0 : this.#least / measured
      const saturated = queueMs >= this.#bounds.maxQueueMs * saturatedPart
      // Little work says nothing: not to know how fast it goes is better than to think that it goes slowly.
      if (saturated) this.#rate = Math.max(measured, this.#rate / maxSlowdown)
      else if (this.#rate > 0) this.#rate = Math.max(measured, this.#rate)
      this.#begin(false)
    } else if (this.#fresh && this.#done >= minCost) this.#rate = Math.max(this.#rate, measured)
  }
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`

function overloaded(maxQueueMs: number, got: string): ValenceError {
  return new ValenceError(
    "overloaded",
    `a request must get its turn within ${seconds(maxQueueMs)} (maxQueueMs); ${got}`,
  )
}

/** The cost of texts, and the characters of those that are long. */
function costOf(texts: readonly string[]): [cost: number, long: number] {
  let [cost, long] = [0, 0]
  for (const { length } of texts) {
    cost += (length > longText ? costOfLongText : length) + costOfText
    if (length > longText) long += length
  }
  return [cost, long]
}

/** An admission for each labeller: how fast a lexicon goes says nothing of a model. */
export function admissions(bounds: AdmissionBounds): (labeller: Labeller) => Admission {
  const known = new WeakMap<Labeller, Admission>()
  return labeller => {
    const found = known.get(labeller) ?? new Admission(bounds)
    known.set(labeller, found)
    return found
  }
}
