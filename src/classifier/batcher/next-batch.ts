import type { Lane } from "../../labeller.ts"
import { sum } from "../../sum.ts"
import type { BatchLimits } from "../plan/batch-limits.ts"
import { type Waiter, Waiting } from "./waiting.ts"

/** How the lanes share the devices, and how long they wait for company. */
export interface LanePolicy {
  /** Bulk texts that wait this long without a turn get the next one, ms. */
  readonly bulkAgeMs: number
  /** How long a text may wait for company while a device is free, ms. */
  readonly maxWaitMs: number
}

/** A batcher's limits, and how its lanes share the devices. */
export interface BatcherLimits extends BatchLimits, LanePolicy {
  /** Micro-batches that share what does not fill them, so that no child idles while another has it all. */
  readonly places: number
}

/** A share of what waits has at least this many tokens: a run costs some besides its own. */
const leastShare = 128

/** Windows of long interactive texts wait in a line of their own: other interactive texts are served before them. */
export type Line = Lane | "long"

/** The lines that are served after interactive texts. */
const later = ["long", "bulk"] as const

/** The waiting lines, and who had a turn. */
export interface Lines<T extends Waiter> extends Readonly<Record<Line, Waiting<T>>> {
  readonly servedAt: Record<(typeof later)[number], number>
  lastServed: Line | undefined
}

/** Empty waiting lines. */
export function createLines<T extends Waiter>(): Lines<T> {
  const [interactive, long, bulk] = [new Waiting<T>(), new Waiting<T>(), new Waiting<T>()]
  return { interactive, long, bulk, servedAt: { long: -Infinity, bulk: -Infinity }, lastServed: undefined }
}

/** All waiting lines. */
export const allOf = <T extends Waiter>({ interactive, long, bulk }: Lines<T>) => [interactive, long, bulk]

/**
 * The line whose turn it is: interactive, then long, then bulk, unless one of these two has waited `bulkAgeMs` without a turn. However
 * little that is, they have no two turns in a row while interactive texts wait.
 */
function lineToServe<T extends Waiter>(lines: Lines<T>, { bulkAgeMs }: BatcherLimits, now: number): Line {
  const sinceOf = (line: (typeof later)[number]) =>
    Math.max(lines[line].oldest()?.since ?? Infinity, lines.servedAt[line])
  const [late] = later.filter(line => now - sinceOf(line) >= bulkAgeMs).sort((a, b) => sinceOf(a) - sinceOf(b))
  const { lastServed } = lines
  if (lines.interactive.oldest())
    return lastServed === "interactive" || lastServed === undefined ? (late ?? "interactive") : "interactive"
  return late ?? (lines.long.oldest() ? "long" : "bulk")
}

/**
 * How long the next batch should still wait for company, ms.
 *
 * @returns 0 when it is full or its oldest has waited `maxWaitMs`; `undefined` if none waits
 */
export function timeToWait<T extends Waiter>(lines: Lines<T>, limits: BatcherLimits, now: number): number | undefined {
  const oldest = allOf(lines).flatMap(line => line.oldest() ?? [])
  if (oldest.length === 0) return undefined
  const isFull =
    sum(allOf(lines).map(({ size }) => size)) >= limits.maxBatchTexts ||
    sum(allOf(lines).map(({ tokens }) => tokens)) >= limits.maxBatchTokens
  if (isFull) return 0
  const since = Math.min(...oldest.map(waiter => waiter.since))
  return Math.max(0, since + limits.maxWaitMs - now)
}

/** Whether all that waits is one interactive micro-batch. */
export function waitsAlone<T extends Waiter>({ interactive, long, bulk }: Lines<T>): boolean {
  const fitsOne = interactive.size === 1 || (interactive.size > 0 && interactive.tokens <= leastShare)
  return fitsOne && long.size + bulk.size === 0
}

/** A micro-batch, and the line that it comes from. */
export interface LineBatch<T> {
  readonly line: Line
  /** Empty if none waits. */
  readonly entries: T[]
}

/**
 * Takes the next micro-batch out of the line whose turn it is: around its oldest text, of like lengths, within the token
 * budget. Lines do not mix: bulk texts would make an interactive micro-batch take longer.
 *
 * @param laterTokens - the token budget of the lines that are served after interactive texts
 */
export function nextBatch<T extends Waiter>(
  lines: Lines<T>,
  limits: BatcherLimits,
  now: number,
  laterTokens = limits.maxBatchTokens,
): LineBatch<T> {
  const line = lineToServe(lines, limits, now)
  if (line !== "interactive") lines.servedAt[line] = now
  lines.lastServed = line
  const budget = line === "interactive" ? limits.maxBatchTokens : laterTokens
  const share = Math.max(leastShare, Math.ceil(lines[line].tokens / limits.places))
  return { line, entries: lines[line].takeBatch({ ...limits, maxBatchTokens: Math.min(budget, share) }) }
}
