import type { ModelInfo } from "../../labeller.ts"
import { keysOf } from "../jobs/names.ts"
import type { RedisConnection } from "../redis/connection.ts"

/** What a living worker says of itself every few seconds. */
export interface WorkerNotice {
  readonly id: string
  readonly host: string
  readonly pid: number
  readonly model: ModelInfo
  readonly device: string
  /** ms since 1970, by the clock of Redis. */
  readonly startedMs: number
  /** What it can do, not what it does: 0 if it has labelled nothing yet. */
  readonly tokensPerSecond: number
  /** What it did lately. */
  readonly textsPerSecond: number
}

/** A worker that is silent for this long is gone. */
export const noticeTtlMs = 15_000
/** Longer than an autoscaler takes between two looks. */
const wantedSeconds = 60
/** How often a worker says something. */
export const noticeEveryMs = 5_000

/** JSON knows no Infinity, which is the length of a lexicon's texts. */
const pack = (value: unknown) => JSON.stringify(value, (_, part: unknown) => (part === Infinity ? "Infinity" : part))

function unpack<T extends ModelInfo | WorkerNotice>(json: string): T {
  return JSON.parse(json, (key, part: unknown) => (key === "maxLength" && part === "Infinity" ? Infinity : part)) as T
}

/** The workers that listen on the queues of a prefix, and what they label with. */
export class Fleet {
  readonly #redis: RedisConnection
  readonly #keys: ReturnType<typeof keysOf>

  constructor(redis: RedisConnection, prefix: string) {
    this.#redis = redis
    this.#keys = keysOf(prefix)
  }

  /** Says that a worker lives, and what its model is. */
  async announce(notice: WorkerNotice): Promise<void> {
    const seenMs = await this.#nowMs()
    const commands = this.#redis
      .pipeline()
      .hset(this.#keys.workers, notice.id, pack({ ...notice, seenMs }))
      .set(this.#keys.model, pack(notice.model))
    if (notice.tokensPerSecond > 0) commands.set(this.#keys.capacity, notice.tokensPerSecond)
    await commands.exec()
  }

  /** Takes a worker's notice away. */
  async leave(id: string): Promise<void> {
    await this.#redis.hdel(this.#keys.workers, id)
  }

  /** The workers that live; those that went without a word are forgotten. */
  async workers(): Promise<WorkerNotice[]> {
    const [nowMs, notices] = [await this.#nowMs(), await this.#redis.hgetall(this.#keys.workers)]
    const all = Object.values(notices).map(json => unpack<WorkerNotice & { readonly seenMs: number }>(json))
    const gone = all.filter(({ seenMs }) => nowMs - seenMs > noticeTtlMs).map(({ id }) => id)
    if (gone.length > 0) await this.#redis.hdel(this.#keys.workers, ...gone)
    return all.filter(({ id }) => !gone.includes(id)).map(({ seenMs: _, ...notice }) => notice)
  }

  /** The model of the worker that announced itself last, whether it still lives or not. */
  async model(): Promise<ModelInfo | undefined> {
    const json = await this.#redis.get(this.#keys.model)
    return json === null ? undefined : unpack<ModelInfo>(json)
  }

  /** Tokens a second of the worker that reported last what it can do, even if it has gone; `undefined` if none ever did. */
  async lastCapacity(): Promise<number | undefined> {
    const told = Number(await this.#redis.get(this.#keys.capacity))
    return told > 0 ? told : undefined
  }

  /** Asks for a worker for the next minute, even if no job waits: a server that has no worker refuses texts, so none are queued. */
  async want(): Promise<void> {
    await this.#redis.set(this.#keys.wanted, "1", "EX", wantedSeconds)
  }

  /** Whether a process asked for a worker within the last minute. */
  async isWanted(): Promise<boolean> {
    return (await this.#redis.exists(this.#keys.wanted)) === 1
  }

  /** Redis' clock, the one that all agree on. */
  async #nowMs(): Promise<number> {
    const [seconds, microseconds] = await this.#redis.time()
    return Number(seconds) * 1000 + Number(microseconds) / 1000
  }
}
