import type { RedisSecurity } from "../queue/redis/redis-security.ts"
import type { Finding } from "./finding.ts"
import { examineMachine } from "./machine.ts"
import { examineModel, type ModelRequest } from "./model.ts"
import { examineRuntime } from "./runtime.ts"

/** What to examine. */
export interface Examination extends ModelRequest, RedisSecurity {
  /** A Redis to examine too. */
  readonly redis: string | undefined
  /** How long that may take to answer. */
  readonly connectTimeoutMs: number
}

/** Loaded if a Redis was asked for. */
async function examineRedisAt({ redis, connectTimeoutMs, ...security }: Examination): Promise<Finding[]> {
  if (redis === undefined) return []
  const { examineRedis } = await import("./redis.ts")
  return examineRedis(redis, connectTimeoutMs, security)
}

/** What this machine has for labelling texts, and what it lacks. */
export async function examine(request: Examination): Promise<Finding[]> {
  return [
    ...examineMachine(),
    ...(await examineRuntime()),
    ...(await examineRedisAt(request)),
    ...(await examineModel(request)),
  ]
}
