import type { Queue } from "bullmq"
import type { RedisConnection } from "../redis/connection.ts"
import { addJobWithId } from "./add-job.ts"

/*
 * A letter is a waiting job of BullMQ, in a queue that no one takes from: a hash, and its id in the list `wait`, the oldest
 * at the end. Checking that a letter is unchanged and replacing it must happen at once.
 */
const replaceScript = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'data', ARGV[1])
redis.call('LREM', KEYS[2], -1, ARGV[2])
redis.call('LPUSH', KEYS[2], ARGV[2])
return 1
`
const removeScript = `
if redis.call('HGET', KEYS[1], 'data') ~= ARGV[1] then return 0 end
redis.call('LREM', KEYS[2], -1, ARGV[2])
redis.call('DEL', KEYS[1], KEYS[1] .. ':logs')
return 1
`

/** Letters are removed if they are dropped or retried, by no one else. */
const keptForEver = { removeOnComplete: false, removeOnFail: false } as const

type Command = (letterKey: string, waitKey: string, content: string, id: string) => Promise<0 | 1>
type WithCommands = { valenceReplaceLetter: Command; valenceRemoveLetter: Command }

/** The letters, as text. */
export class LetterBox {
  readonly #queue: Queue
  readonly #redis: RedisConnection

  constructor(queue: Queue, redis: RedisConnection) {
    this.#queue = queue
    this.#redis = redis
    if ("valenceReplaceLetter" in redis) return
    redis.defineCommand("valenceReplaceLetter", { numberOfKeys: 2, lua: replaceScript })
    redis.defineCommand("valenceRemoveLetter", { numberOfKeys: 2, lua: removeScript })
  }

  /** Puts a letter in, as the newest, in the place of the one that had its id. */
  async put(id: string, content: unknown): Promise<void> {
    const replaced = await this.#commands.valenceReplaceLetter(...this.#keysOf(id), JSON.stringify(content), id)
    if (replaced === 0) await addJobWithId(this.#queue, "dead", content, id, keptForEver)
  }

  /** The text of a letter; `undefined` if none exists. */
  async read(id: string): Promise<string | undefined> {
    return (await this.#redis.hget(this.#keysOf(id)[0], "data")) ?? undefined
  }

  /** Takes a letter out, unless another came in its place since it was read. */
  async remove(id: string, asRead: string): Promise<void> {
    await this.#commands.valenceRemoveLetter(...this.#keysOf(id), asRead, id)
  }

  count(): Promise<number> {
    return this.#redis.llen(this.#waitKey)
  }

  /** Ids, the oldest letter's first. */
  async ids(start: number, count: number): Promise<string[]> {
    if (count < 1) return []
    return (await this.#redis.lrange(this.#waitKey, -start - count, -start - 1)).reverse()
  }

  get #commands(): WithCommands {
    return this.#redis as unknown as WithCommands
  }

  get #waitKey(): string {
    return this.#queue.toKey("wait")
  }

  #keysOf(id: string): [string, string] {
    return [this.#queue.toKey(id), this.#waitKey]
  }
}
