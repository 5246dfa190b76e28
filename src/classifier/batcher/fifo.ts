/** Passed places are let go once there are this many, and they are most of what is kept. */
const MANY_PASSED = 1024

/** First in, first out: `shift` costs the same however many wait. */
export class Fifo<T> {
  #items: (T | undefined)[] = []
  #head = 0

  get size(): number {
    return this.#items.length - this.#head
  }

  push(item: T): void {
    this.#items.push(item)
  }

  /** The oldest item. */
  first(): T | undefined {
    return this.#items[this.#head]
  }

  /** Removes the oldest item. */
  shift(): T | undefined {
    const item = this.#items[this.#head]
    if (this.#head === this.#items.length) return undefined
    this.#items[this.#head] = undefined
    this.#head += 1
    if (this.#head >= MANY_PASSED && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }
}
