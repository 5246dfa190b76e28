/** Interactive texts are taken to come for this long after the last one. */
const interactiveMs = 10_000
/** A micro-batch has at least this many tokens, however slow or small its device is: a run costs some besides its own. */
const leastTokens = 64
/** How much a run moves what is known of a device's speed. */
const newShare = 0.1

/**
 * The token budget of a device's micro-batches, shared by its children. It is lowered if its memory does not suffice. That of
 * bulk micro-batches is what the device computes in `bulkRunMs`, as its last runs tell, while interactive texts come, which
 * have to wait for the run that is under way; otherwise it is whole.
 */
export class DeviceBudget {
  readonly #bulkRunMs: number
  #maxBatchTokens: number
  #tokensPerMs: number | undefined

  constructor({ maxBatchTokens, bulkRunMs }: { readonly maxBatchTokens: number; readonly bulkRunMs: number }) {
    this.#maxBatchTokens = maxBatchTokens
    this.#bulkRunMs = bulkRunMs
  }

  /** Tokens that a micro-batch may have. */
  get maxBatchTokens(): number {
    return this.#maxBatchTokens
  }

  /** There was no memory for this many tokens, padding counted: from now on half of them are the most. */
  lower(failedTokens: number): void {
    const half = Math.max(leastTokens, Math.floor(failedTokens / 2))
    this.#maxBatchTokens = Math.min(this.#maxBatchTokens, half)
  }

  /** The device computed this many tokens, padding counted, in this long. */
  ran(tokens: number, runMs: number): void {
    const speed = tokens / Math.max(runMs, 0.01)
    this.#tokensPerMs =
      this.#tokensPerMs === undefined ? speed : this.#tokensPerMs + newShare * (speed - this.#tokensPerMs)
  }

  /**
   * Tokens that a bulk micro-batch may have now.
   *
   * @param sinceInteractiveMs - how long ago the last interactive text came
   */
  bulkTokens(sinceInteractiveMs: number): number {
    if (this.#tokensPerMs === undefined || sinceInteractiveMs > interactiveMs) return this.#maxBatchTokens
    const tokens = Math.floor(this.#tokensPerMs * this.#bulkRunMs)
    return Math.min(this.#maxBatchTokens, Math.max(leastTokens, tokens))
  }
}
