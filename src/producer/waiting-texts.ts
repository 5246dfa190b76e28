import type { Lane } from "../labeller.ts"
import type { JobQueues } from "../queue/job-queues.ts"
import { lanes } from "../queue/names.ts"
import { measureQueue } from "../queue/queue-depth.ts"

/** How long the mean number of texts in a waiting job is trusted. */
const meanTtlMs = 2000

/**
 * How many texts wait in Redis, cheaply: jobs are counted at each call, the texts in them are sampled now and then.
 *
 * @returns what gives the number
 */
export function waitingTextsCounter(queues: JobQueues): () => Promise<number> {
  const means = new Map<Lane, { readonly textsPerJob: number; readonly untilMs: number }>()
  const countLane = async (lane: Lane): Promise<number> => {
    const mean = means.get(lane)
    if (mean && performance.now() < mean.untilMs) {
      const counts = await queues.of(lane).getJobCounts("wait", "prioritized", "delayed")
      return Object.values(counts).reduce((sum, jobs) => sum + jobs, 0) * mean.textsPerJob
    }
    const { waitingJobs, waitingTexts } = await measureQueue(queues, lane)
    if (waitingJobs > 0)
      means.set(lane, { textsPerJob: waitingTexts / waitingJobs, untilMs: performance.now() + meanTtlMs })
    return waitingTexts
  }
  return async () => {
    const counts = await Promise.all(lanes.map(countLane))
    return Math.round(counts.reduce((sum, texts) => sum + texts, 0))
  }
}
