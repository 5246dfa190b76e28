import { setTimeout as wait } from "node:timers/promises"
import type { ValenceError } from "../errors.ts"

/** How a hub is asked that may fail. */
export interface Persistence {
  /** Wait after a failure, ms; it doubles with each in a row. */
  readonly backoffMs: number
  /** Called with each failure that is followed by another attempt, and how long that is waited for. */
  readonly onFailure: (error: ValenceError, waitMs: number) => void
  /** Ends requests, and waiting. */
  readonly signal: AbortSignal | undefined
}

/** Failures in a row after which a hub is given up. */
const maxFailures = 5

/** Counts failures in a row: each is waited out, the last one thrown. */
export class Backoff {
  readonly #persistence: Persistence
  #failures = 0

  constructor(persistence: Persistence) {
    this.#persistence = persistence
  }

  /** Something came: failures count again. */
  reset(): void {
    this.#failures = 0
  }

  /**
   * Returns when it is time for the next attempt.
   *
   * @throws the error, if it is not one that may pass, or one too many
   */
  async waitOut(error: ValenceError): Promise<void> {
    const { backoffMs, onFailure, signal } = this.#persistence
    this.#failures++
    if (signal?.aborted || error.code !== "hub_failed" || this.#failures === maxFailures) throw error
    const waitMs = backoffMs * 2 ** (this.#failures - 1)
    onFailure(error, waitMs)
    await wait(waitMs, undefined, { signal })
  }
}
