import type { QueueDepth } from "../events.ts"
import type { Lane } from "../labeller.ts"
import { sum } from "../sum.ts"
import { DeadLetters } from "./dead-letters.ts"
import type { Fleet, WorkerNotice } from "./fleet.ts"
import type { JobQueues } from "./job-queues.ts"
import { lanes } from "./names.ts"
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
  /** What all workers together did lately. */
  readonly textsPerSecond: number
  /** What all workers together can do. */
  readonly tokensPerSecond: number
  /**
   * How long they need for what waits in lanes that are not paused; `Infinity` where none lives, or none knows yet what it
   * can do.
   */
  readonly backlogSeconds: number
}

/** Looks at the queues and their fleet. */
export async function queueStatus(queues: JobQueues, fleet: Fleet): Promise<QueueStatus> {
  const look = async (lane: Lane, maxLength: number | undefined): Promise<LaneStatus> => {
    const [depth, paused] = await Promise.all([measureQueue(queues, lane, maxLength), queues.of(lane).isPaused()])
    return { ...depth, paused }
  }
  const model = await fleet.model()
  const [statuses, deadLetters, workers] = await Promise.all([
    Promise.all(lanes.map(lane => look(lane, model?.maxLength))),
    new DeadLetters(queues).count(),
    fleet.workers(),
  ])
  const tokensPerSecond = sum(workers.map(worker => worker.tokensPerSecond))
  return {
    lanes: statuses,
    deadLetters,
    workers: workers.toSorted((one, other) => one.startedMs - other.startedMs),
    textsPerSecond: sum(workers.map(worker => worker.textsPerSecond)),
    tokensPerSecond,
    backlogSeconds: backlogSeconds(statuses, tokensPerSecond),
  }
}

/**
 * How long a fleet needs for what waits. A lane that is paused has nothing for it: no worker would take from it, however
 * many there were.
 *
 * @param tokensPerSecond - of all workers together; 0 where there is none, which makes any backlog endless
 */
export function backlogSeconds(
  lanes: readonly Pick<LaneStatus, "waitingTokens" | "paused">[],
  tokensPerSecond: number,
): number {
  const tokens = sum(lanes.map(({ waitingTokens, paused }) => (paused ? 0 : waitingTokens)))
  return tokens === 0 ? 0 : tokens / tokensPerSecond
}
