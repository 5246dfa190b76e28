/** How large a micro-batch may be. */
export interface BatchLimits {
  /** Token budget: rows x longest. A text that is longer on its own is a batch of one. */
  readonly maxBatchTokens: number
  readonly maxBatchTexts: number
  /** Rows that the device has a shape for, by the tokens of the longest; `undefined` if it has any number of them. */
  readonly mostRows?: (longest: number) => number
}
