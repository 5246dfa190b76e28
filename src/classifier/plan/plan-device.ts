import type { Complete } from "../../declaration.ts"
import type { Shape } from "../../model/micro-batch.ts"
import type { classifierOptions } from "../../options.ts"
import type { BatchLimits } from "./batch-limits.ts"
import type { Provider } from "./providers.ts"
import type { NamedDevice } from "./read-devices.ts"
import type { Tuning } from "./tuning.ts"

/** Texts in a micro-batch of a device whose token budget is small. */
const fewTexts = 64
/** Tokens of a text, where texts are short: a large token budget should not be left empty for the number of its texts. */
const shortTextTokens = 32

type Chosen = Pick<Complete<typeof classifierOptions>, "maxBatchTokens" | "maxBatchTexts">

/** Texts that a micro-batch of so many tokens may have. */
export function maxTextsFor(maxBatchTokens: number): number {
  return Math.max(fewTexts, Math.ceil(maxBatchTokens / shortTextTokens))
}

/** How large a device's micro-batches are: as somebody chose, or as it was measured, or as its kind likes them. */
export function limitsOf({ provider }: NamedDevice, chosen: Chosen, tuning: Tuning | undefined): BatchLimits {
  const maxBatchTokens = chosen.maxBatchTokens ?? tuning?.maxBatchTokens ?? provider.maxBatchTokens
  return { maxBatchTokens, maxBatchTexts: chosen.maxBatchTexts ?? maxTextsFor(maxBatchTokens) }
}

/** How many children compute on a device: as somebody said, or as it was measured, or as many as there may be. */
export function childrenOf({ children, childrenGiven }: NamedDevice, tuning: Tuning | undefined): number {
  return childrenGiven || tuning === undefined ? children : Math.min(children, tuning.children)
}

/** With more, threads wait for one another for longer than a short text gives each to do. Not measured: that takes as many cores. */
const mostThreads = 8

/** Threads for a micro-batch that has a device to itself: as many as it may have children, one where these are no cores. */
export function threadsOf({ provider, children }: NamedDevice): number {
  return provider.number === "children" ? Math.min(children, mostThreads) : 1
}

const up = (count: number, multiple: number) => Math.ceil(count / multiple) * multiple

/**
 * The largest micro-batches that a device will get, for long texts and for ever shorter ones. Whoever runs them first has taken
 * all the memory that it needs: an arena that grows bit by bit is left in pieces. None for CPUs, which are to start fast.
 */
export function warmUpShapes({ multiples, name }: Provider, limits: BatchLimits, maxTokens: number): Shape[] {
  if (name === "cpu") return []
  const shapes: Shape[] = []
  for (let longest = maxTokens; longest >= multiples.tokens; longest = Math.floor(longest / 2)) {
    const rows = Math.min(limits.maxBatchTexts, Math.max(1, Math.floor(limits.maxBatchTokens / longest)))
    shapes.push({ rows: up(rows, multiples.rows), longest: Math.min(up(longest, multiples.tokens), maxTokens) })
  }
  return shapes
}
