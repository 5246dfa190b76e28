import { Redis } from "ioredis"
import { deadQueue, lanes, queueOf } from "../../src/queue/names.ts"
import { redisOptions } from "../../src/queue/redis-options.ts"

const prefix = redisOptions.keyPrefix.default

/** What lies in the queues of a trial's Redis. */
export interface RedisContents {
  readonly waiting: number
  readonly active: number
  readonly delayed: number
  readonly completed: number
  readonly failed: number
  readonly deadLetters: number
}

/** Looks into a Redis, whatever happens to it: an answer that does not come is asked for again. */
export class RedisLook implements Disposable {
  readonly #redis: Redis

  constructor(url: string) {
    this.#redis = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: () => 50 })
    this.#redis.on("error", () => {})
  }

  /** All there is, in both lanes together. */
  async contents(): Promise<RedisContents> {
    const sum = async (count: (key: string) => Promise<number>) =>
      (await Promise.all(lanes.map(lane => count(`${prefix}:${queueOf[lane]}`)))).reduce((a, b) => a + b, 0)
    return {
      waiting: await sum(key => this.#redis.llen(`${key}:wait`)),
      active: await sum(key => this.#redis.llen(`${key}:active`)),
      delayed: await sum(key => this.#redis.zcard(`${key}:delayed`)),
      completed: await sum(key => this.#redis.zcard(`${key}:completed`)),
      failed: await sum(key => this.#redis.zcard(`${key}:failed`)),
      deadLetters: await this.#redis.llen(`${prefix}:${deadQueue}:wait`),
    }
  }

  /** Returns when the contents are so, or `withinMs` have passed; gives the last ones. */
  async until(isSo: (contents: RedisContents) => boolean, withinMs: number): Promise<RedisContents> {
    const untilMs = performance.now() + withinMs
    for (;;) {
      const contents = await this.contents()
      if (isSo(contents) || performance.now() > untilMs) return contents
      await new Promise(resolve => setTimeout(resolve, 10))
    }
  }

  [Symbol.dispose](): void {
    this.#redis.disconnect()
  }
}
