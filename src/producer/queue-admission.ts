import { setTimeout as wait } from "node:timers/promises"
import { ValenceError } from "../errors.ts"

/** The part of the bound that is given out between two looks at Redis: several producers may each exceed it by this much. */
const shareBetweenLooks = 1 / 16
const retryMs = 100

/** What an admission is held to. */
export interface AdmissionOptions {
  readonly maxWaitingTexts: number
  readonly whenFull: "wait" | "reject"
  /** How many texts wait in Redis. */
  waitingTexts(): Promise<number>
}

/** Lets texts into a lane's queue while few enough wait there, in the order in which they came. */
export class QueueAdmission {
  readonly #options: AdmissionOptions
  /** Admitted, and not known to be in Redis: for a moment a text may count twice, never not at all. */
  #onTheWay = 0
  /** Texts that may go without another look. */
  #allowance = 0
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  /** Reports that a number of the admitted texts are in Redis, or never will be. */
  arrived(texts: number): void {
    this.#onTheWay -= texts
  }

  /**
   * Returns when this many texts may be added; the caller reports with `arrived` that it added them.
   *
   * @throws ValenceError `queue_full` if the caller chose not to wait; the signal's reason
   */
  admit(texts: number, signal?: AbortSignal): Promise<void> {
    if (this.#allowance >= texts && this.#options.whenFull === "reject") {
      this.#take(texts)
      return Promise.resolve()
    }
    const admitted = this.#last.then(() => this.#admit(texts, signal))
    this.#last = admitted.catch(() => {})
    return admitted
  }

  async #admit(texts: number, signal: AbortSignal | undefined): Promise<void> {
    const { maxWaitingTexts, whenFull, waitingTexts } = this.#options
    while (this.#allowance < texts) {
      signal?.throwIfAborted()
      const waiting = (await waitingTexts()) + this.#onTheWay
      const room = maxWaitingTexts - waiting
      // A job that is larger than the bound goes where nothing waits.
      if (room >= texts || waiting === 0)
        this.#allowance = Math.max(texts, Math.min(room, Math.ceil(maxWaitingTexts * shareBetweenLooks)))
      else if (whenFull === "reject")
        throw new ValenceError(
          "queue_full",
          `texts that wait in Redis must be at most ${maxWaitingTexts} (maxWaitingTexts); ${waiting} wait, and ${texts} more came`,
        )
      else await wait(retryMs, undefined, signal && { signal }).catch(() => signal?.throwIfAborted())
    }
    this.#take(texts)
  }

  #take(texts: number): void {
    this.#allowance -= texts
    this.#onTheWay += texts
  }
}
