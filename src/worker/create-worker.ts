import { checkRequest, type MembersOf } from "../check-request.ts"
import { completeOptions } from "../declaration.ts"
import { redisTimeMs } from "../queue/redis/adapt-scripts.ts"
import { checkRedis } from "../queue/redis/check-redis.ts"
import { openRedis } from "../queue/redis/open-redis.ts"
import { workerOptions } from "./options.ts"
import { Worker, type WorkerRequest } from "./worker.ts"

const workerMembers: MembersOf<WorkerRequest> = {
  labeller: true,
  redis: true,
  options: true,
  events: true,
  telemetry: true,
  onWarning: true,
}

/**
 * A worker that takes jobs from now on.
 *
 * @throws ValenceError `option_invalid`, `redis_failed`; `redis_invalid` if Redis would lose jobs; `device_failed` if the canary text gets no label
 */
export async function createWorker(request: WorkerRequest): Promise<Worker> {
  checkRequest(request, workerMembers, workerOptions)
  const settings = completeOptions(workerOptions, request.options ?? {})
  const target = request.redis ?? settings.redis
  const { redisTimeoutMs: silenceMs } = settings
  const redis = await openRedis(target, settings.connectTimeoutMs, { silenceMs, patient: true, security: settings })
  try {
    for (const warning of await checkRedis(redis)) request.onWarning?.(warning)
    const startedMs = await redisTimeMs(redis)
    const cancels = await openRedis(target, settings.connectTimeoutMs, { silenceMs, security: settings })
    const worker = new Worker(request, settings, redis, startedMs)
    try {
      await worker.start(cancels, request.onWarning)
    } catch (error) {
      await worker.close()
      throw error
    }
    return worker
  } catch (error) {
    redis.disconnect()
    throw error
  }
}
