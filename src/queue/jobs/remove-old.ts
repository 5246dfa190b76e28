import type { Queue } from "bullmq"
import { redisTimeMs } from "../redis/adapt-scripts.ts"
import type { RedisConnection } from "../redis/connection.ts"

/** How long jobs that ended are kept. */
export interface KeptSeconds {
  readonly completed: number
  readonly failed: number
}

/**
 * Removes jobs that ended and are kept no longer, by the clock of Redis. BullMQ removes them when other jobs end; this
 * removes them if none does.
 *
 * @param redis - the connection of the queue
 * @param limit - removes this many of each kind at most
 */
export async function removeOld(queue: Queue, redis: RedisConnection, kept: KeptSeconds, limit: number): Promise<void> {
  // BullMQ counts back from this machine's time, and jobs have that of Redis.
  const aheadMs = Date.now() - (await redisTimeMs(redis))
  for (const state of ["completed", "failed"] as const) await queue.clean(kept[state] * 1000 + aheadMs, limit, state)
}
