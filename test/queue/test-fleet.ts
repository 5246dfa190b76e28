import { randomBytes } from "node:crypto"
import { inject } from "vitest"
import { WorkerEmitter, type WorkerEvents } from "../../src/events.ts"
import type { Labeller } from "../../src/labeller.ts"
import { createProducer } from "../../src/producer/create-producer.ts"
import type { Producer } from "../../src/producer/producer.ts"
import { DeadLetters } from "../../src/queue/dead/dead-letters.ts"
import { JobQueues } from "../../src/queue/jobs/job-queues.ts"
import type { RedisConnection } from "../../src/queue/redis/connection.ts"
import { closeRedis, openRedis } from "../../src/queue/redis/open-redis.ts"
import { Fleet } from "../../src/queue/status/living-fleet.ts"
import { createWorker } from "../../src/worker/create-worker.ts"
import type { Worker, WorkerRequest } from "../../src/worker/worker.ts"
import { plainLabeller } from "../corpus/plain-labeller.ts"

export { eventually } from "../eventually.ts"

type JobEvent = WorkerEvents["job"][0]

/** Producers and workers of a key prefix of their own; all of it is gone when it is disposed. */
export class TestFleet implements AsyncDisposable {
  readonly keyPrefix = `{test-${randomBytes(6).toString("hex")}}`
  readonly url: string
  /** How jobs ended, in order. */
  readonly ended: JobEvent[] = []
  readonly #redis: RedisConnection
  readonly #open: (Producer | Worker)[] = []

  private constructor(url: string, redis: RedisConnection) {
    this.url = url
    this.#redis = redis
  }

  /** @param url - of a Redis; by default the one that all tests share */
  static async open(url = inject("redisUrl")): Promise<TestFleet> {
    return new TestFleet(url, await openRedis(url, 60_000))
  }

  get redis(): RedisConnection {
    return this.#redis
  }

  /**
   * A worker that looks for stalled jobs often, and whose locks last longer than a busy machine keeps it from renewing them; its
   * labeller is by default one whose results follow from the text.
   */
  async worker({ labeller = plainLabeller(), options, ...rest }: Partial<WorkerRequest> = {}): Promise<Worker> {
    const events = new WorkerEmitter()
    events.on("job", job => this.ended.push(job))
    const { keyPrefix, url } = this
    const worker = await createWorker({
      labeller,
      redis: url,
      events,
      ...rest,
      options: { keyPrefix, lockMs: 60_000, stalledCheckMs: 200, ...options },
    })
    this.#open.push(worker)
    return worker
  }

  async producer(options: Omit<NonNullable<Parameters<typeof createProducer>[0]>, "redis"> = {}): Promise<Producer> {
    const producer = await createProducer({
      redis: this.url,
      keyPrefix: this.keyPrefix,
      pollMs: 100,
      backoffMs: 10,
      ...options,
    })
    this.#open.push(producer)
    return producer
  }

  /** The queues, to look into them. */
  get queues(): JobQueues {
    return new JobQueues(this.#redis, this.keyPrefix)
  }

  /** Who works, to look at them. */
  get fleet(): Fleet {
    return new Fleet(this.#redis, this.keyPrefix)
  }

  get deadLetters(): DeadLetters {
    return new DeadLetters(this.queues)
  }

  /** Its keys in Redis, without those that BullMQ keeps for a queue itself. */
  async keys(): Promise<string[]> {
    const keys = await this.#redis.keys(`${this.keyPrefix.replace(/[{}]/g, "?")}*`)
    return keys
      .map(key => key.slice(this.keyPrefix.length + 1))
      .filter(key => !/:(?:meta|id|events|stalled-check|marker|pc)$|^(?:model|workers|capacity|wanted)$/.test(key))
      .sort()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const open of this.#open.reverse()) await open.close()
    const keys = await this.#redis.keys(`${this.keyPrefix.replace(/[{}]/g, "?")}*`)
    if (keys.length > 0) await this.#redis.del(...keys)
    await closeRedis(this.#redis)
  }
}

/** A labeller that holds every call until `letGo`. */
export function heldLabeller(): { readonly labeller: Labeller; readonly held: string[][]; letGo(): void } {
  const held: string[][] = []
  let letGo = () => {}
  const gate = new Promise<void>(resolve => {
    letGo = resolve
  })
  const labeller = plainLabeller(async (texts, { signal }) => {
    if (texts[0] === "Good morning") return
    held.push([...texts])
    const aborted = new Promise((_, reject) => signal?.addEventListener("abort", () => reject(new Error("aborted"))))
    await Promise.race([gate, aborted])
  })
  return { labeller, held, letGo }
}
