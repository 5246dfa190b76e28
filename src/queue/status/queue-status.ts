import type { QueueDepth } from "../../events.ts"
import type { Lane } from "../../labeller.ts"
import { sum } from "../../sum.ts"
import { DeadLetters } from "../dead/dead-letters.ts"
import type { JobQueues } from "../jobs/job-queues.ts"
import { lanes } from "../jobs/names.ts"
import type { Fleet, WorkerNotice } from "./living-fleet.ts"
import { measureQueue } from "./queue-depth.ts"

/** How a lane's queue is. */
export interface LaneStatus extends QueueDepth {
  /** Whether workers take nothing from it. */
  readonly paused: boolean
}

/** How a prefix' queues are, and who works on them. */
export interface QueueStatus {
  readonly lanes: readonly LaneStatus[]
  readonly deadLetters: number
  /** Those that live, the one that started first before the others. */
  readonly workers: readonly WorkerNotice[]
  /** Whether a process asked for a worker within the last minute, even if no job waits. */
  readonly workerWanted: boolean
  /** What all workers together did lately. */
  readonly textsPerSecond: number
  /** What all workers together can do; 0 if none runs. */
  readonly tokensPerSecond: number
  /** What one worker can do: the mean of those that know, or the figure of the one that reported last, even if it has gone; `undefined` if none ever did. */
  readonly workerTokensPerSecond: number | undefined
  /** How long the fleet needs for what waits in lanes that are not paused; if no worker runs, how long one would need. */
  readonly backlogSeconds: number
}

/**
 * What is assumed if no worker has ever reported what it can do, tokens a second: two CPU cores with the bundled model do about that. The
 * first worker of a fleet reports its own within seconds of its first job.
 */
export const unknownTokensPerSecond = 10_000

/** Looks at the queues and their fleet. */
export async function queueStatus(queues: JobQueues, fleet: Fleet): Promise<QueueStatus> {
  const look = async (lane: Lane, maxLength: number | undefined): Promise<LaneStatus> => {
    const [depth, paused] = await Promise.all([measureQueue(queues, lane, maxLength), queues.of(lane).isPaused()])
    return { ...depth, paused }
  }
  const model = await fleet.model()
  const [statuses, deadLetters, workers, lastCapacity, workerWanted] = await Promise.all([
    Promise.all(lanes.map(lane => look(lane, model?.maxLength))),
    new DeadLetters(queues).count(),
    fleet.workers(),
    fleet.lastCapacity(),
    fleet.isWanted(),
  ])
  const told = workers.map(worker => worker.tokensPerSecond).filter(tokensPerSecond => tokensPerSecond > 0)
  const workerTokensPerSecond = told.length > 0 ? sum(told) / told.length : lastCapacity
  const tokensPerWorker = workerTokensPerSecond ?? unknownTokensPerSecond
  const tokensPerSecond = tokensPerWorker * workers.length
  return {
    lanes: statuses,
    deadLetters,
    workers: workers.toSorted((one, other) => one.startedMs - other.startedMs),
    workerWanted,
    textsPerSecond: sum(workers.map(worker => worker.textsPerSecond)),
    tokensPerSecond,
    workerTokensPerSecond,
    backlogSeconds: backlogTokens(statuses) / (tokensPerSecond || tokensPerWorker),
  }
}

/** Tokens that wait. A lane that is paused has none: no worker would take from it, however many there were. */
export function backlogTokens(lanes: readonly Pick<LaneStatus, "waitingTokens" | "paused">[]): number {
  return sum(lanes.map(({ waitingTokens, paused }) => (paused ? 0 : waitingTokens)))
}
