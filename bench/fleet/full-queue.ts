import { fork } from "node:child_process"
import { once } from "node:events"
import { Queue } from "bullmq"
import { Redis } from "ioredis"

const prefix = "{valence}"
const transactionJobs = 200

/** Which worker takes which jobs. */
export interface QueueLoad {
  /** Valence's around a labeller that does nothing, or a bare one of BullMQ that stores the same results. */
  readonly kind: "valence" | "bare"
  readonly queue: "valence" | "valence-bulk"
  /** Texts in all jobs. */
  readonly total: number
  readonly textsPerJob: number
  /** Jobs that a worker is at, at a time. */
  readonly concurrency: number
  /** Processes; 1 where nothing else is said. */
  readonly workers?: number
}

/** A queue that is filled before its workers begin. */
export class FullQueue implements Disposable {
  readonly #url: string
  readonly #texts: readonly string[]
  readonly #connection: Redis

  /** @param texts - of which the jobs are made, again and again */
  constructor(url: string, texts: readonly string[]) {
    this.#url = url
    this.#texts = texts
    this.#connection = new Redis(url, { maxRetriesPerRequest: null })
  }

  /** Texts a second of workers in processes of their own, each from its first finished job to the last of its share. */
  async measure(load: QueueLoad): Promise<number> {
    await this.#fill(load)
    const workers = load.workers ?? 1
    const rates = await Promise.all(
      Array.from({ length: workers }, () => this.#work(load, Math.floor((0.9 * load.total) / workers))),
    )
    return rates.reduce((sum, rate) => sum + rate, 0)
  }

  [Symbol.dispose](): void {
    this.#connection.disconnect()
  }

  async #work({ kind, queue, concurrency }: QueueLoad, share: number): Promise<number> {
    const words = ["--kind", kind, "--redis", this.#url, "--queue", queue, "--concurrency", `${concurrency}`]
    const child = fork(new URL("./queue-worker.ts", import.meta.url), [...words, "--texts", `${share}`])
    const exited = once(child, "exit")
    const [{ textsPerSecond }] = (await once(child, "message")) as [{ textsPerSecond: number }]
    await exited
    return textsPerSecond
  }

  /** Lays jobs into an empty queue. */
  async #fill({ queue: name, total, textsPerJob }: QueueLoad): Promise<void> {
    await this.#connection.flushall()
    const queue = new Queue(name, { connection: this.#connection, prefix, streams: { events: { maxLen: 100 } } })
    for (let from = 0; from < total; ) {
      const jobs = []
      for (; jobs.length < transactionJobs && from < total; from += textsPerJob) {
        const texts = Array.from({ length: Math.min(textsPerJob, total - from) }, (_, index) => ({
          text: this.#texts[(from + index) % this.#texts.length] as string,
        }))
        jobs.push({ name: "label", data: { v: 1, texts }, opts: { attempts: 5 } })
      }
      await queue.addBulk(jobs)
    }
    await queue.close()
  }
}
