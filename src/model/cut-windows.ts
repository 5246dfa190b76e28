import { countWindows, type WindowShape, windowAt } from "../window-layout.ts"
import type { SpecialIdCounts } from "./tokenizer/tokenizer.ts"

/** The windows of a text, which are cut when they are wanted, so that a long text is in memory once. */
export class Windows {
  readonly #inputIds: Int32Array
  readonly #special: SpecialIdCounts
  readonly #shape: WindowShape
  readonly #ownTokens: number
  /** 1 if the text fits. */
  readonly count: number

  /**
   * @param inputIds - ids of the whole text, special tokens included
   * @param maxLength - ids that a window may have, special tokens included; 8 or more if the text does not fit
   * @param stride - ids that a window shares with the one before it
   */
  constructor(inputIds: Int32Array, special: SpecialIdCounts, maxLength: number, stride: number) {
    const specialTokens = special.before + special.after
    this.#inputIds = inputIds
    this.#special = special
    this.#shape = { maxLength, stride, specialTokens }
    this.#ownTokens = inputIds.length - specialTokens
    this.count = countWindows(this.#ownTokens, this.#shape)
  }

  /** The ids of a window: the text's special tokens stand around its part of the text. */
  at(index: number): Int32Array {
    if (this.count === 1) return this.#inputIds
    const { before, after } = this.#special
    const { start, end } = windowAt(index, this.#ownTokens, this.#shape)
    const ids = new Int32Array(before + end - start + after)
    ids.set(this.#inputIds.subarray(0, before))
    ids.set(this.#inputIds.subarray(before + start, before + end), before)
    ids.set(this.#inputIds.subarray(this.#inputIds.length - after), before + end - start)
    return ids
  }

  /** How many of the text's own tokens a window holds: what it weighs. */
  ownTokensAt(index: number): number {
    const { start, end } = windowAt(index, this.#ownTokens, this.#shape)
    return end - start
  }
}
