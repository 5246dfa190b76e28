import { ValenceError } from "../errors.ts"
import type { RedisHealth } from "../queue/jobs/redis-health.ts"
import { type RedisTrouble, refusalOf } from "../queue/redis/refusal.ts"

/** How long Redis may take to answer whether it does its work. */
const answerMs = 1000

/** @throws ValenceError `redis_invalid` if its user may not run the scripts that take jobs, which would never pass */
export async function requireRights(health: RedisHealth): Promise<void> {
  let refused: Error | undefined
  const note = ({ error }: RedisTrouble) => {
    refused = error
  }
  health.on("trouble", note)
  await health.check(answerMs)
  health.off("trouble", note)
  const refusal = refusalOf(refused)
  if (refusal === undefined || refusal.passes) return
  const rule = "Redis must let its user run the scripts of BullMQ"
  throw new ValenceError("redis_invalid", `${rule}; got ${refusal.reason}`, { cause: refused })
}
