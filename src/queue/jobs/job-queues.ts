import { Queue } from "bullmq"
import type { Lane } from "../../labeller.ts"
import { adaptScripts } from "../redis/adapt-scripts.ts"
import type { RedisConnection } from "../redis/connection.ts"
import { checkQueue, deadQueue, queueOf } from "./names.ts"

/** Events that BullMQ keeps for listeners: Valence has none, so few do. */
export const keptEvents = { events: { maxLen: 100 } } as const

/** The queues of a prefix, over one connection that is lent. */
export class JobQueues {
  readonly prefix: string
  readonly redis: RedisConnection
  readonly #queues = new Map<string, Queue>()

  constructor(redis: RedisConnection, prefix: string) {
    adaptScripts(redis)
    this.redis = redis
    this.prefix = prefix
  }

  /** A lane's queue. */
  of(lane: Lane): Queue {
    return this.#open(queueOf[lane])
  }

  /** The dead letters' queue. */
  get dead(): Queue {
    return this.#open(deadQueue)
  }

  /**
   * Takes a job from a queue that is always empty: the script with which workers take theirs.
   *
   * @throws what Redis refuses, or the connection, as ioredis says it
   */
  async probe(): Promise<void> {
    await this.#open(checkQueue).getBackend().moveToActive("check")
  }

  /** What the keys of a lane's queue begin with. */
  keyOf(lane: Lane): string {
    return `${this.prefix}:${queueOf[lane]}`
  }

  /** Lets go of the queues; the connection stays. */
  async close(): Promise<void> {
    await Promise.all([...this.#queues.values()].map(queue => queue.close()))
  }

  #open(name: string): Queue {
    const open = this.#queues.get(name)
    if (open) return open
    const queue = new Queue(name, {
      connection: this.redis,
      prefix: this.prefix,
      streams: keptEvents,
    })
    // The connection reports its own errors.
    queue.on("error", () => {})
    this.#queues.set(name, queue)
    return queue
  }
}
