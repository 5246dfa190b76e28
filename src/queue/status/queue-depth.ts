import type { QueueDepth } from "../../events.ts"
import type { Lane } from "../../labeller.ts"
import { sum } from "../../sum.ts"
import { usualStride, windowedTokens } from "../../window-layout.ts"
import type { JobData } from "../jobs/job.ts"
import type { JobQueues } from "../jobs/job-queues.ts"
import { redisTimeMs } from "../redis/adapt-scripts.ts"
import type { RedisConnection } from "../redis/connection.ts"

/** Waiting jobs that are read; of more jobs, a sample of this size. */
const sampleJobs = 16
/** Priorities whose oldest job is looked for, the ones that wait longest. */
const lowestPriorities = 8
/** BullMQ's score of a prioritized job is its priority times this, and a counter. */
const scoresOfPriority = 2 ** 32

/**
 * UTF-16 units of a text for each of its tokens, special tokens left out, spaces counted. Measured with the tokenizer of
 * sentiment-small: models/calibration.txt has 39,050 of them in 9,212 tokens.
 */
const charactersPerToken = 4.24
const specialTokens = 2

/** A line of waiting jobs in Redis. */
interface Line {
  readonly length: number
  /** Where the oldest job may be. */
  readonly ends: readonly number[]
  idAt(index: number): Promise<string | null | undefined>
}

/** What is estimated of a line, and the ids of the jobs that may be the oldest. */
interface LineDepth {
  readonly texts: number
  readonly tokens: number
  readonly oldest: readonly string[]
}

/**
 * Looks at a lane's queue: exact in jobs, estimated from a sample in texts and tokens if there are many jobs.
 *
 * @param maxLength - tokens that the workers' model takes, if a job does not ask for fewer
 */
export async function measureQueue(queues: JobQueues, lane: Lane, maxLength = Infinity): Promise<QueueDepth> {
  const { redis } = queues
  const base = queues.keyOf(lane)
  const counts = await queues.of(lane).getJobCounts("wait", "prioritized", "active", "delayed", "failed")
  const [wait, prioritized, delayed] = [counts["wait"] ?? 0, counts["prioritized"] ?? 0, counts["delayed"] ?? 0]
  const lines: readonly Line[] = [
    // A list: the job that is next is at its end, one that waits for another attempt after a failure at its start.
    { length: wait, ends: [0, -1], idAt: index => redis.lindex(`${base}:wait`, index) },
    {
      length: prioritized,
      ends: [],
      idAt: async index => (await redis.zrange(`${base}:prioritized`, index, index))[0],
    },
  ]
  const later: Line = {
    length: delayed,
    ends: [],
    idAt: async index => (await redis.zrange(`${base}:delayed`, index, index))[0],
  }
  const measure = (line: Line) => measureLine(redis, base, line, maxLength)
  const [depths, again] = await Promise.all([Promise.all(lines.map(measure)), measure(later)])
  const starving = prioritized > sampleJobs ? await oldestOfPriorities(redis, `${base}:prioritized`) : []
  return {
    lane,
    waitingJobs: wait + prioritized,
    activeJobs: counts["active"] ?? 0,
    delayedJobs: delayed,
    failedJobs: counts["failed"] ?? 0,
    waitingTexts: Math.round(sum([...depths, again].map(({ texts }) => texts))),
    waitingTokens: Math.round(sum([...depths, again].map(({ tokens }) => tokens))),
    oldestWaitingSeconds: await greatestAge(redis, base, [...depths.flatMap(({ oldest }) => oldest), ...starving]),
  }
}

async function measureLine(
  redis: RedisConnection,
  base: string,
  { length, ends, idAt }: Line,
  maxLength: number,
): Promise<LineDepth> {
  if (length === 0) return { texts: 0, tokens: 0, oldest: [] }
  const idsAt = async (indices: readonly number[]) =>
    (await Promise.all(indices.map(idAt))).filter(id => id !== null && id !== undefined)
  const [ids, endIds] = await Promise.all([idsAt(spread(length)), idsAt(ends)])
  const data = await Promise.all(ids.map(id => redis.hget(`${base}:${id}`, "data")))
  // Those that are gone were taken in the meantime.
  const sizes = data.filter(json => json !== null).map(json => sizeOf(json, maxLength))
  const share = sizes.length === 0 ? 0 : length / sizes.length
  return {
    texts: sum(sizes.map(({ texts }) => texts)) * share,
    tokens: sum(sizes.map(({ tokens }) => tokens)) * share,
    oldest: [...ids, ...endIds],
  }
}

/** Indices spread over a line of this length; all of them if there are few. */
function spread(length: number): number[] {
  const count = Math.min(length, sampleJobs)
  return Array.from({ length: count }, (_, index) => Math.floor(((index + 0.5) * length) / count))
}

/** Within a priority the oldest job is first; the lowest priorities, with the highest scores, are those that wait. */
async function oldestOfPriorities(redis: RedisConnection, key: string): Promise<string[]> {
  const ids: string[] = []
  let below = "+inf"
  while (ids.length < lowestPriorities) {
    const [, score] = await redis.zrevrangebyscore(key, below, "-inf", "WITHSCORES", "LIMIT", 0, 1)
    if (score === undefined) break
    const lowest = Math.floor(Number(score) / scoresOfPriority) * scoresOfPriority
    ids.push(...(await redis.zrangebyscore(key, lowest, "+inf", "LIMIT", 0, 1)))
    below = `(${lowest}`
  }
  return ids
}

async function greatestAge(redis: RedisConnection, base: string, ids: readonly string[]): Promise<number> {
  const times = await Promise.all([...new Set(ids)].map(id => redis.hget(`${base}:${id}`, "timestamp")))
  const oldestMs = Math.min(...times.filter(time => time !== null).map(Number))
  return Number.isFinite(oldestMs) ? Math.max(0, ((await redisTimeMs(redis)) - oldestMs) / 1000) : 0
}

/** Tokens that a model computes for a text, estimated: none of one that is refused. */
function tokensOf(text: string, modelLength: number, options: JobData["options"] = {}): number {
  const maxLength = Math.min(modelLength, options.maxLength ?? Infinity)
  const ownTokens = text.length / charactersPerToken
  const tokens = specialTokens + ownTokens
  if (tokens <= maxLength) return tokens
  if (options.longText === "error") return 0
  if (options.longText !== "windows") return maxLength
  return windowedTokens(ownTokens, { maxLength, stride: options.stride ?? usualStride(maxLength), specialTokens })
}

function sizeOf(json: string, maxLength: number): { readonly texts: number; readonly tokens: number } {
  try {
    const { texts, options } = JSON.parse(json) as JobData
    const tokens = sum(texts.map(({ text }) => tokensOf(text, maxLength, options)))
    if (Number.isFinite(tokens)) return { texts: texts.length, tokens }
  } catch {}
  // The producer's mistake: the worker will report it.
  return { texts: 1, tokens: 1 }
}
