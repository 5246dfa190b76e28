import type { Lane } from "../labeller.ts"
import type { JobQueues } from "../queue/job-queues.ts"
import { measureQueue } from "../queue/queue-depth.ts"

/** How long the mean number of texts in a waiting job is trusted. */
const meanTtlMs = 2000

/**
 * How many texts wait in a lane's queue, cheaply: jobs are counted at each call, the texts in them are sampled now and then.
 *
 * @returns what gives the number
 */
export function waitingTextsCounter(queues: JobQueues, lane: Lane): () => Promise<number> {
  let mean = { textsPerJob: 0, untilMs: -Infinity }
  return async () => {
    if (performance.now() < mean.untilMs) {
      const counts = await queues.of(lane).getJobCounts("wait", "prioritized")
      return Math.round(((counts["wait"] ?? 0) + (counts["prioritized"] ?? 0)) * mean.textsPerJob)
    }
    const { waitingJobs, waitingTexts } = await measureQueue(queues, lane)
    if (waitingJobs > 0) mean = { textsPerJob: waitingTexts / waitingJobs, untilMs: performance.now() + meanTtlMs }
    return waitingTexts
  }
}
