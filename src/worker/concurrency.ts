import type { Lane } from "../labeller.ts"

/** Micro-batches that each device has available: one runs, one waits for it, and as many again are on their way. */
const microBatchesAhead = 4
/** Bulk texts to choose from, in micro-batches: enough to find texts of like length. Measured: more pads no less. */
const sortingDepth = 16
/** Tokens of a short text. */
const shortText = 8
/** Texts in a job of a producer that leaves it at the defaults. */
const bulkJobTexts = 256

/** How large micro-batches are. */
export interface MicroBatchSize {
  readonly maxBatchTokens: number
  readonly maxBatchTexts: number
}

/** Those of a CPU; a labeller without devices has none of its own. */
const usualLimits: MicroBatchSize = { maxBatchTokens: 512, maxBatchTexts: 64 }

/** How many jobs a worker has at work, by lane. */
export type Concurrency = Readonly<Record<Lane, number>>

/**
 * This many jobs that micro-batches fill: interactive jobs of one short text each, bulk jobs whose texts are sorted by length.
 *
 * @param devices - that run at the same time
 */
export function sizeConcurrency(
  devices: number,
  { maxBatchTokens, maxBatchTexts }: MicroBatchSize = usualLimits,
): Concurrency {
  const texts = devices * Math.min(maxBatchTexts, Math.ceil(maxBatchTokens / shortText))
  return {
    interactive: texts * microBatchesAhead,
    bulk: Math.max(2, Math.ceil((texts * sortingDepth) / bulkJobTexts)),
  }
}
