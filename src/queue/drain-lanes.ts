import { setTimeout as wait } from "node:timers/promises"
import { unlessEnded } from "../aborting.ts"
import { ValenceError } from "../errors.ts"
import type { Lane } from "../labeller.ts"
import type { JobQueues } from "./jobs/job-queues.ts"

/** What is left of a lane. */
export interface LaneLeft {
  readonly lane: Lane
  /** Whether workers take nothing from it: then it does not get empty. */
  readonly paused: boolean
  readonly waitingJobs: number
  readonly activeJobs: number
  readonly delayedJobs: number
}

/** The limits and listeners of a drain. */
export interface DrainOptions {
  /** Longest time; default: however long it takes. */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Called at each look with what is left. */
  readonly onLook?: (left: readonly LaneLeft[]) => void
  /** Time between two looks. */
  readonly lookMs?: number
}

/**
 * Waits until no job waits, is delayed or active in these lanes. Changes nothing: workers continue, and producers too, which
 * may keep a queue from ever getting empty.
 *
 * @returns whether they are `empty`, or the time has passed (`timeout`)
 * @throws ValenceError `aborted`
 */
export async function drainLanes(
  queues: JobQueues,
  lanes: readonly Lane[],
  { timeoutMs, signal, onLook = () => {}, lookMs = 200 }: DrainOptions = {},
): Promise<"empty" | "timeout"> {
  const end = new AbortController()
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => end.abort(), timeoutMs)
  const abort = () => end.abort()
  if (signal?.aborted) abort()
  signal?.addEventListener("abort", abort, { once: true })
  try {
    for (;;) {
      // A Redis that is away answers when it is back: that may be too late.
      const left = await unlessEnded(Promise.all(lanes.map(lane => lookAt(queues, lane))), end.signal)
      onLook(left)
      if (left.every(isEmpty)) return "empty"
      await wait(lookMs, undefined, { signal: end.signal })
    }
  } catch (error) {
    if (signal?.aborted) throw new ValenceError("aborted", "the wait for empty queues was aborted; their jobs stay")
    if (end.signal.aborted) return "timeout"
    throw error
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener("abort", abort)
  }
}

/** Whether nothing is left of a lane. */
export function isEmpty({ waitingJobs, activeJobs, delayedJobs }: LaneLeft): boolean {
  return waitingJobs + activeJobs + delayedJobs === 0
}

async function lookAt(queues: JobQueues, lane: Lane): Promise<LaneLeft> {
  const queue = queues.of(lane)
  const [counts, paused] = await Promise.all([
    queue.getJobCounts("wait", "prioritized", "active", "delayed"),
    queue.isPaused(),
  ])
  return {
    lane,
    paused,
    waitingJobs: (counts["wait"] ?? 0) + (counts["prioritized"] ?? 0),
    activeJobs: counts["active"] ?? 0,
    delayedJobs: counts["delayed"] ?? 0,
  }
}
