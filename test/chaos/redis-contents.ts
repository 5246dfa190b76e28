import { type Cluster, Redis } from "ioredis"
import { deadQueue, lanes, queueOf } from "../../src/queue/jobs/names.ts"
import type { RedisConnection } from "../../src/queue/redis/connection.ts"
import { redisOptions } from "../../src/queue/redis/redis-options.ts"

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
  readonly #redis: RedisConnection

  /** @param redis - a URL, or a connection, which is closed in the end */
  constructor(redis: string | RedisConnection) {
    this.#redis =
      typeof redis === "string" ? new Redis(redis, { maxRetriesPerRequest: null, retryStrategy: () => 50 }) : redis
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

  /** Jobs that are at work now and still are after so long, as those of a worker that does nothing. */
  async activeFor(ms: number): Promise<string[]> {
    const untilMs = performance.now() + ms
    let held = await this.#active()
    while (held.length > 0 && performance.now() < untilMs) {
      await new Promise(resolve => setTimeout(resolve, 5))
      const active = await this.#active()
      held = held.filter(id => active.includes(id))
    }
    return held
  }

  async #active(): Promise<string[]> {
    const lists = await Promise.all(lanes.map(lane => this.#redis.lrange(`${prefix}:${queueOf[lane]}:active`, 0, -1)))
    return lists.flat()
  }

  /** Removes all jobs, whatever their state; the workers' words about themselves stay. */
  async empty(): Promise<void> {
    for (const queue of [...lanes.map(lane => queueOf[lane]), deadQueue]) {
      const nodes = this.#redis.isCluster ? (this.#redis as Cluster).nodes("master") : [this.#redis]
      const keys = await Promise.all(nodes.map(node => node.keys(`${prefix}:${queue}:*`).catch(() => [])))
      if (keys.flat().length > 0) await this.#redis.del(...keys.flat())
    }
  }

  [Symbol.dispose](): void {
    this.#redis.disconnect()
  }
}
