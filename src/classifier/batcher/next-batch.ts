import type { Lane } from "../../labeller.ts"
import type { BatchLimits } from "../plan/batch-limits.ts"
import { type Waiter, Waiting } from "./waiting.ts"

/** How the lanes share the devices, and how long they wait for company. */
export interface LanePolicy {
  /** Bulk texts that wait so long without a turn get the next one, ms. */
  readonly bulkAgeMs: number
  /** How long a text may wait for company while a device is free, ms. */
  readonly maxWaitMs: number
}

/** A batcher's limits, and how its lanes share the devices. */
export interface BatcherLimits extends BatchLimits, LanePolicy {
  /** Among so many micro-batches is shared out what does not fill them, so that no child idles beside one that has it all. */
  readonly places: number
}

/** A share of what waits has at least so many tokens: a run costs some besides its own. */
const leastShare = 128

/** The waiting lines of both lanes, and who had a turn. */
export interface Lanes<T extends Waiter> {
  readonly interactive: Waiting<T>
  readonly bulk: Waiting<T>
  bulkServedAt: number
  lastServed: Lane | undefined
}

/** Two empty waiting lines. */
export function createLanes<T extends Waiter>(): Lanes<T> {
  return { interactive: new Waiting(), bulk: new Waiting(), bulkServedAt: -Infinity, lastServed: undefined }
}

/**
 * The lane whose turn it is: interactive, unless bulk texts have waited `bulkAgeMs` without a turn. However little that
 * is, bulk has no two turns in a row while interactive texts wait.
 */
function laneToServe<T extends Waiter>(lanes: Lanes<T>, limits: BatcherLimits, now: number): Lane {
  const bulk = lanes.bulk.oldest()
  if (!bulk) return "interactive"
  if (!lanes.interactive.oldest()) return "bulk"
  const bulkWaitedMs = now - Math.max(bulk.since, lanes.bulkServedAt)
  return bulkWaitedMs >= limits.bulkAgeMs && lanes.lastServed !== "bulk" ? "bulk" : "interactive"
}

/**
 * How long the next batch should still wait for company, ms.
 *
 * @returns 0 when it is full or its oldest has waited `maxWaitMs`; `undefined` when nobody waits
 */
export function timeToWait<T extends Waiter>(lanes: Lanes<T>, limits: BatcherLimits, now: number): number | undefined {
  const oldest = [lanes.interactive.oldest(), lanes.bulk.oldest()].filter(waiter => waiter !== undefined)
  if (oldest.length === 0) return undefined
  const isFull =
    lanes.interactive.size + lanes.bulk.size >= limits.maxBatchTexts ||
    lanes.interactive.tokens + lanes.bulk.tokens >= limits.maxBatchTokens
  if (isFull) return 0
  const since = Math.min(...oldest.map(waiter => waiter.since))
  return Math.max(0, since + limits.maxWaitMs - now)
}

/** Whether all that waits is one interactive micro-batch. */
export function waitsAlone<T extends Waiter>({ interactive, bulk }: Lanes<T>): boolean {
  const fitsOne = interactive.size === 1 || (interactive.size > 0 && interactive.tokens <= leastShare)
  return fitsOne && bulk.size === 0
}

/** A micro-batch, and the lane that it comes from. */
export interface LaneBatch<T> {
  readonly lane: Lane
  /** Empty when nobody waits. */
  readonly entries: T[]
}

/**
 * Takes the next micro-batch out of the lane whose turn it is: around its oldest text, of like lengths, within the token
 * budget. Lanes do not mix: bulk texts would make an interactive micro-batch take longer.
 *
 * @param bulkTokens - the token budget of the bulk lane
 */
export function nextBatch<T extends Waiter>(
  lanes: Lanes<T>,
  limits: BatcherLimits,
  now: number,
  bulkTokens = limits.maxBatchTokens,
): LaneBatch<T> {
  const lane = laneToServe(lanes, limits, now)
  if (lane === "bulk") lanes.bulkServedAt = now
  lanes.lastServed = lane
  const { maxBatchTexts, places } = limits
  const budget = lane === "bulk" ? bulkTokens : limits.maxBatchTokens
  const share = Math.max(leastShare, Math.ceil(lanes[lane].tokens / places))
  return { lane, entries: lanes[lane].takeBatch({ maxBatchTokens: Math.min(budget, share), maxBatchTexts }) }
}
