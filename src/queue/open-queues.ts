import { requireObject } from "../check-request.ts"
import { completeOptions, type Given } from "../declaration.ts"
import { DeadLetters } from "./dead/dead-letters.ts"
import { JobQueues } from "./jobs/job-queues.ts"
import type { RedisTarget } from "./redis/connection.ts"
import { closeRedis, openRedis } from "./redis/open-redis.ts"
import { redisOptions } from "./redis/redis-options.ts"
import { Fleet } from "./status/living-fleet.ts"

/** A prefix' queues, their fleet and their dead letters, over a connection of its own. */
export interface OpenQueues extends AsyncDisposable {
  readonly queues: JobQueues
  readonly fleet: Fleet
  readonly deadLetters: DeadLetters
  /** Lets go of Redis. */
  close(): Promise<void>
}

/**
 * Opens queues to inspect and manage; to add or take jobs, create a producer or a worker.
 *
 * @param redis - a URL, or a connection of ioredis, of which a copy is made
 * @throws ValenceError `option_invalid`, `redis_failed`
 */
export async function openQueues(
  request: Omit<Given<typeof redisOptions>, "redis"> & { readonly redis?: RedisTarget | undefined } = {},
): Promise<OpenQueues> {
  requireObject(request)
  const { redis: target, ...given } = request
  const url = typeof target === "string" ? { redis: target } : {}
  const { redis, keyPrefix, connectTimeoutMs, redisTimeoutMs, ...security } = completeOptions(redisOptions, {
    ...given,
    ...url,
  })
  const connection = await openRedis(target ?? redis, connectTimeoutMs, { silenceMs: redisTimeoutMs, security })
  const queues = new JobQueues(connection, keyPrefix)
  const close = async () => {
    await queues.close()
    await closeRedis(connection)
  }
  return {
    queues,
    fleet: new Fleet(connection, keyPrefix),
    deadLetters: new DeadLetters(queues),
    close,
    [Symbol.asyncDispose]: close,
  }
}
