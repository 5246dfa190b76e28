import type { Lane } from "../labeller.ts"
import type { JobQueues } from "../queue/jobs/job-queues.ts"
import { measureQueue } from "../queue/status/queue-depth.ts"
import { sum } from "../sum.ts"

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
      const counts = await queues.of(lane).getJobCounts("wait", "prioritized", "delayed")
      return Math.round(sum(Object.values(counts)) * mean.textsPerJob)
    }
    const { waitingJobs, delayedJobs, waitingTexts } = await measureQueue(queues, lane)
    const jobs = waitingJobs + delayedJobs
    if (jobs > 0) mean = { textsPerJob: waitingTexts / jobs, untilMs: performance.now() + meanTtlMs }
    return waitingTexts
  }
}
