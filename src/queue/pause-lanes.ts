import type { Lane } from "../labeller.ts"
import type { JobQueues } from "./jobs/job-queues.ts"

/** Whether each of some lanes is paused. */
export type PausedLanes = readonly { readonly lane: Lane; readonly paused: boolean }[]

/**
 * Keeps all workers from taking jobs of these lanes, until they are resumed; jobs that workers have continue, and jobs can
 * still be added. Again changes nothing.
 *
 * @returns what is so now
 */
export function pauseLanes(queues: JobQueues, lanes: readonly Lane[]): Promise<PausedLanes> {
  return change(queues, lanes, lane => queues.of(lane).pause())
}

/** Lets workers take jobs of these lanes again; if they are not paused, changes nothing. */
export function resumeLanes(queues: JobQueues, lanes: readonly Lane[]): Promise<PausedLanes> {
  return change(queues, lanes, lane => queues.of(lane).resume())
}

async function change(
  queues: JobQueues,
  lanes: readonly Lane[],
  act: (lane: Lane) => Promise<void>,
): Promise<PausedLanes> {
  return Promise.all(
    lanes.map(async lane => {
      await act(lane)
      return { lane, paused: await queues.of(lane).isPaused() }
    }),
  )
}
