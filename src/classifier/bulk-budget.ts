/** Interactive texts are taken to come for so long after the last one. */
const interactiveMs = 10_000
/** A bulk micro-batch has at least so many tokens: a run costs some besides its own. */
const leastTokens = 64
/** How much a run moves what is known of the devices' speed. */
const newShare = 0.1

/**
 * The token budget of bulk micro-batches. While interactive texts come, which have to wait for the run that is under way, it
 * is what a device computes in `bulkRunMs`, as its last runs tell; otherwise it is whole.
 */
export class BulkBudget {
  readonly #maxBatchTokens: number
  readonly #bulkRunMs: number
  #tokensPerMs: number | undefined
  #interactiveUntilMs = -Infinity

  constructor({ maxBatchTokens, bulkRunMs }: { readonly maxBatchTokens: number; readonly bulkRunMs: number }) {
    this.#maxBatchTokens = maxBatchTokens
    this.#bulkRunMs = bulkRunMs
  }

  /** An interactive text came. */
  interactive(nowMs: number): void {
    this.#interactiveUntilMs = nowMs + interactiveMs
  }

  /** A device computed so many tokens, padding counted, in so long. */
  ran(tokens: number, runMs: number): void {
    const speed = tokens / Math.max(runMs, 0.01)
    this.#tokensPerMs =
      this.#tokensPerMs === undefined ? speed : this.#tokensPerMs + newShare * (speed - this.#tokensPerMs)
  }

  /** Tokens that a bulk micro-batch may have now. */
  tokens(nowMs: number): number {
    if (this.#tokensPerMs === undefined || nowMs > this.#interactiveUntilMs) return this.#maxBatchTokens
    const tokens = Math.floor(this.#tokensPerMs * this.#bulkRunMs)
    return Math.min(this.#maxBatchTokens, Math.max(leastTokens, tokens))
  }
}
