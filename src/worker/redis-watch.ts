import type { WorkerEmitter } from "../events.ts"
import type { RedisConnection } from "../queue/open-redis.ts"

/**
 * Knows whether Redis is there. It is there until its connection closes; then it is away, which is told once, until a
 * connection is ready again, which is told too.
 */
export class RedisWatch implements Disposable {
  readonly #redis: RedisConnection
  readonly #events: WorkerEmitter
  #awaySinceMs: number | undefined
  #lastError: Error | undefined

  constructor(redis: RedisConnection, events: WorkerEmitter) {
    this.#redis = redis
    this.#events = events
    redis.on("error", this.#onError)
    redis.on("close", this.#onClose)
    redis.on("ready", this.#onReady)
  }

  get away(): boolean {
    return this.#awaySinceMs !== undefined
  }

  [Symbol.dispose](): void {
    this.#redis.off("error", this.#onError)
    this.#redis.off("close", this.#onClose)
    this.#redis.off("ready", this.#onReady)
  }

  readonly #onError = (error: Error): void => {
    this.#lastError = error
  }

  readonly #onClose = (): void => {
    if (this.#awaySinceMs !== undefined) return
    this.#awaySinceMs = performance.now()
    this.#events.emit("redisAway", { error: this.#lastError })
  }

  readonly #onReady = (): void => {
    if (this.#awaySinceMs === undefined) return
    const awayMs = performance.now() - this.#awaySinceMs
    this.#awaySinceMs = undefined
    this.#lastError = undefined
    this.#events.emit("redisBack", { awayMs })
  }
}
