/** How large a micro-batch may be. */
export interface BatchLimits {
  /** Token budget: rows x longest. A text that is longer on its own is a batch of one. */
  readonly maxBatchTokens: number
  readonly maxBatchTexts: number
}
