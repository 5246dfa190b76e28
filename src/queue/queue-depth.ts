import type { QueueDepth } from "../events.ts"
import type { Lane } from "../labeller.ts"
import type { JobQueues } from "./job-queues.ts"

/** Waiting jobs that are looked into; of more jobs, so many are taken from all over the queue. */
const sampleJobs = 16

/**
 * Characters of a text for each of its tokens, special tokens left out: English words have 4.6 letters, a space goes with
 * each, and WordPiece cuts one in eight. Measured on the calibration texts: 4.7.
 */
const charactersPerToken = 4.7
const specialTokens = 2

/** Jobs of a queue as they lie in Redis. */
interface Sampled {
  readonly texts: number
  readonly tokens: number
}

/** Looks at a lane's queue: exact in jobs, estimated from a sample in texts and tokens. */
export async function measureQueue(queues: JobQueues, lane: Lane): Promise<QueueDepth> {
  const queue = queues.of(lane)
  const counts = await queue.getJobCounts("wait", "prioritized", "active", "delayed", "failed")
  const [wait, prioritized] = [counts["wait"] ?? 0, counts["prioritized"] ?? 0]
  const waitingJobs = wait + prioritized
  // The list `wait` has its oldest at the end, the sorted set `prioritized` its first at the start.
  const keys = await Promise.all([
    ...spread(wait).map(index => queues.redis.lindex(`${queues.keyOf(lane)}:wait`, index)),
    ...spread(prioritized).map(async index => {
      const [id] = await queues.redis.zrange(`${queues.keyOf(lane)}:prioritized`, index, index)
      return id ?? null
    }),
  ])
  const oldest = wait > 0 ? await queues.redis.lindex(`${queues.keyOf(lane)}:wait`, -1) : (keys.at(-1) ?? null)
  const ids = keys.filter(id => id !== null)
  const data = await Promise.all(ids.map(id => queues.redis.hget(`${queues.keyOf(lane)}:${id}`, "data")))
  const sampled = data.filter(json => json !== null).map(sizeOf)
  const share = sampled.length === 0 ? 0 : waitingJobs / sampled.length
  const since = oldest === null ? null : await queues.redis.hget(`${queues.keyOf(lane)}:${oldest}`, "timestamp")
  return {
    lane,
    waitingJobs,
    activeJobs: counts["active"] ?? 0,
    delayedJobs: counts["delayed"] ?? 0,
    failedJobs: counts["failed"] ?? 0,
    waitingTexts: Math.round(sum(sampled.map(({ texts }) => texts)) * share),
    waitingTokens: Math.round(sum(sampled.map(({ tokens }) => tokens)) * share),
    oldestWaitingSeconds: since === null ? 0 : Math.max(0, (Date.now() - Number(since)) / 1000),
  }
}

/** Indices all over a line of so many. */
function spread(length: number): number[] {
  const count = Math.min(length, sampleJobs)
  return Array.from({ length: count }, (_, index) => Math.floor(((index + 0.5) * length) / count))
}

function sizeOf(json: string): Sampled {
  try {
    const { texts } = JSON.parse(json) as { texts: { text: string }[] }
    return {
      texts: texts.length,
      tokens: sum(texts.map(({ text }) => specialTokens + text.length / charactersPerToken)),
    }
  } catch {
    // Somebody else's mistake: its worker will say so.
    return { texts: 1, tokens: 1 }
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)

/**
 * How long a fleet needs for what waits.
 *
 * @param tokensPerSecond - of all workers together; 0 where there is none, which makes any backlog endless
 */
export function backlogSeconds(queues: readonly QueueDepth[], tokensPerSecond: number): number {
  const tokens = sum(queues.map(({ waitingTokens }) => waitingTokens))
  return tokens === 0 ? 0 : tokens / tokensPerSecond
}
