import type { Pooling, ScoreFunction } from "../labeller.ts"

/**
 * Makes the scores of a text of those of its windows, which come in order: so a text scores the same however its windows
 * were batched. Of a single window it gives the very scores.
 */
export class ScorePool {
  readonly #pooling: Pooling
  readonly #function: ScoreFunction
  #windows = 0
  #pooled: readonly number[] = []
  #weight = 0

  /** @param how - what made the scores: if they are one distribution over all labels, the pooled ones are too */
  constructor(pooling: Pooling, how: ScoreFunction) {
    this.#pooling = pooling
    this.#function = how
  }

  /**
   * Takes in the next window.
   *
   * @param scores - one number a label
   * @param ownTokens - of the text in it
   */
  add(scores: readonly number[], ownTokens: number): void {
    const weight = this.#pooling === "weighted" ? ownTokens : 1
    // The first is weighed when there is a second: a product and a quotient need not give back the same number.
    if (this.#windows === 0) this.#pooled = scores
    else if (this.#pooling === "max")
      this.#pooled = this.#pooled.map((most, label) => Math.max(most, at(scores, label)))
    else {
      const sum = this.#windows === 1 ? this.#pooled.map(score => score * this.#weight) : this.#pooled
      this.#pooled = sum.map((score, label) => score + at(scores, label) * weight)
    }
    this.#windows += 1
    this.#weight += weight
  }

  /** One number a label. */
  scores(): number[] {
    if (this.#windows === 1) return [...this.#pooled]
    if (this.#pooling !== "max") return this.#pooled.map(sum => sum / this.#weight)
    if (this.#function !== "softmax") return [...this.#pooled]
    const sum = this.#pooled.reduce((a, b) => a + b, 0)
    return this.#pooled.map(score => score / sum)
  }
}

const at = (scores: readonly number[], label: number) => scores[label] ?? Number.NaN
