import { setTimeout as wait } from "node:timers/promises"
import type { Telemetry } from "bullmq"
import { unlessEnded } from "../aborting.ts"
import { requireObject } from "../check-request.ts"
import { type Complete, completeOptions } from "../declaration.ts"
import { ValenceError } from "../errors.ts"
import type { ModelInfo } from "../labeller.ts"
import type { RedisTarget } from "../queue/redis/connection.ts"
import { openRedis } from "../queue/redis/open-redis.ts"
import { Fleet } from "../queue/status/living-fleet.ts"
import { type ProducerOptions, producerOptions } from "./options.ts"
import { Producer } from "./producer.ts"

const modelLookMs = 200
/** A worker that is wanted is so for a minute. */
const wantEveryMs = 20_000
const never = new AbortController().signal

/**
 * A `Labeller` over Redis.
 *
 * @param redis - a URL, or a connection of ioredis, which stays yours: the producer works with copies of it
 * @param onNotice - gets a line when calls begin to wait for a Redis that is away or refuses jobs, and one when they continue
 * @param telemetry - BullMQ's, such as that of bullmq-otel: jobs carry the trace of their caller to the worker
 * @param signal - ends the wait for a worker to say what it labels with, also if Redis does not answer meanwhile
 * @throws the signal's reason; ValenceError `option_invalid`, `redis_failed`; `no_worker` if no worker ever reported its model
 * @example
 * await using producer = await createProducer({ redis: 'redis://127.0.0.1:6379' })
 * await producer.label(['I love it']) // → [{ label: 'POSITIVE', score: 0.99, tokens: 5, truncated: false, windows: 1 }]
 */
export async function createProducer(
  request: Omit<ProducerOptions, "redis"> & {
    readonly redis?: RedisTarget | undefined
    readonly onNotice?: ((line: string) => void) | undefined
    readonly signal?: AbortSignal | undefined
    readonly telemetry?: Telemetry | undefined
  } = {},
): Promise<Producer> {
  requireObject(request)
  const { redis: target, onNotice, signal = never, telemetry, ...given } = request
  const url = typeof target === "string" ? { redis: target } : {}
  const settings = completeOptions(producerOptions, { ...given, ...url })
  const { connectTimeoutMs, redisTimeoutMs: silenceMs } = settings
  const redis = await openRedis(target ?? settings.redis, connectTimeoutMs, {
    silenceMs,
    patient: true,
    security: settings,
  })
  try {
    const model = await unlessEnded(waitForModel(new Fleet(redis, settings.keyPrefix), settings, signal), signal)
    const replies = await openRedis(target ?? settings.redis, connectTimeoutMs, { silenceMs, security: settings })
    try {
      const producer = new Producer(model, settings, redis, replies, target ?? settings.redis, onNotice, telemetry)
      await producer.listen()
      return producer
    } catch (error) {
      replies.disconnect()
      throw error
    }
  } catch (error) {
    redis.disconnect()
    throw error
  }
}

async function waitForModel(
  fleet: Fleet,
  { workerWaitMs, keyPrefix }: Complete<typeof producerOptions>,
  signal: AbortSignal,
): Promise<ModelInfo> {
  const untilMs = performance.now() + workerWaitMs
  let wantedMs = -Infinity
  for (;;) {
    signal.throwIfAborted()
    const model = await fleet.model()
    if (model) return model
    if (performance.now() - wantedMs >= wantEveryMs) {
      wantedMs = performance.now()
      // A full or read-only Redis cannot ask its autoscaler for a worker; keep waiting.
      await fleet.want().catch(() => {})
    }
    if (performance.now() >= untilMs)
      throw new ValenceError(
        "no_worker",
        `no worker has ever started under the key prefix ${keyPrefix}; start one: valence work --key-prefix ${keyPrefix}`,
      )
    await wait(Math.min(modelLookMs, workerWaitMs))
  }
}
