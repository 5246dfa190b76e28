import type { Complete } from "../../declaration.ts"
import { sum } from "../../sum.ts"
import { backlogTokens, type QueueStatus } from "./queue-status.ts"
import type { scaleOptions } from "./scale-options.ts"

/** What a fleet is scaled by. Every number is finite, also if no worker runs. */
export interface ScaleSignal {
  /** In lanes that are not paused, like the tokens; estimated if there are many jobs. */
  readonly waitingTexts: number
  readonly waitingTokens: number
  /** 0 if none waits. */
  readonly oldestWaitingSeconds: number
  /** Those that run. */
  readonly workers: number
  /** What they can do together; 0 if none runs. */
  readonly tokensPerSecond: number
  /** How long they need for what waits; if none runs, how long one would need. */
  readonly backlogSeconds: number
  /** How many do what waits within `targetSeconds`; 0 if no job waits or is active, and no process asks for one. */
  readonly desiredWorkers: number
}

/**
 * What to scale a fleet by. If no worker has ever reported what it can do, one is wanted: it will.
 *
 * @example
 * scaleSignal(await queueStatus(queues, fleet), { targetSeconds: 60 }).desiredWorkers // → 3
 */
export function scaleSignal(status: QueueStatus, { targetSeconds }: Complete<typeof scaleOptions>): ScaleSignal {
  const lanes = status.lanes.filter(({ paused }) => !paused)
  const tokens = backlogTokens(lanes)
  const { workerTokensPerSecond = Infinity } = status
  const waits = lanes.some(({ waitingJobs, delayedJobs }) => waitingJobs + delayedJobs > 0)
  // A paused lane's jobs that are at work need their workers still.
  const works = status.lanes.some(({ activeJobs }) => activeJobs > 0)
  const least = waits || works || status.workerWanted ? 1 : 0
  return {
    waitingTexts: sum(lanes.map(({ waitingTexts }) => waitingTexts)),
    waitingTokens: tokens,
    oldestWaitingSeconds: Math.max(0, ...lanes.map(({ oldestWaitingSeconds }) => oldestWaitingSeconds)),
    workers: status.workers.length,
    tokensPerSecond: status.tokensPerSecond,
    backlogSeconds: status.backlogSeconds,
    desiredWorkers: Math.max(least, Math.ceil(tokens / (workerTokensPerSecond * targetSeconds))),
  }
}

/** The state of the queues, and what to scale by. */
export interface FleetLook {
  readonly status: QueueStatus
  readonly signal: ScaleSignal
}

/** Adds what to scale by to the state of the queues. */
export function fleetLook(status: QueueStatus, settings: Complete<typeof scaleOptions>): FleetLook {
  return { status, signal: scaleSignal(status, settings) }
}
