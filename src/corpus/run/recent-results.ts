import type { Labelled } from "../../labeller.ts"

/** What a remembered result takes besides its text, about. */
const resultBytes = 300

/**
 * Results by text, in bounded memory: what was asked for least recently goes first. There are two halves; once the newer one
 * is full it becomes the older, and what was in that, and was not asked for since, is forgotten together.
 */
export class RecentResults {
  readonly #maxBytes: number
  #newer = new Map<string, Labelled>()
  #older = new Map<string, Labelled>()
  #newerBytes = 0

  /** @param maxBytes - of both halves, about */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get(text: string): Labelled | undefined {
    const recent = this.#newer.get(text)
    if (recent !== undefined) return recent
    const result = this.#older.get(text)
    if (result !== undefined) this.set(text, result)
    return result
  }

  set(text: string, result: Labelled): void {
    const bytes = resultBytes + 2 * text.length
    if (bytes > this.#maxBytes / 2) return
    if (this.#newerBytes + bytes > this.#maxBytes / 2) {
      this.#older = this.#newer
      this.#newer = new Map()
      this.#newerBytes = 0
    }
    if (!this.#newer.has(text)) this.#newerBytes += bytes
    this.#newer.set(text, result)
  }
}
