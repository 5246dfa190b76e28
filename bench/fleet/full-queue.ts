import { type ChildProcess, fork } from "node:child_process"
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

  /** Texts a second of workers in processes of their own, from when all are there to the last text. */
  async measure(load: QueueLoad): Promise<number> {
    await this.#connection.flushall()
    const queue = new Queue(load.queue, { connection: this.#connection, prefix, streams: { events: { maxLen: 100 } } })
    await queue.pause()
    await this.#fill(queue, load)
    const workers = await Promise.all(Array.from({ length: load.workers ?? 1 }, () => this.#startWorker(load)))
    const done = allSeen(workers, load.total)
    const start = performance.now()
    await queue.resume()
    await done
    const seconds = (performance.now() - start) / 1000
    await Promise.all(workers.map(stopped))
    await queue.close()
    return load.total / seconds
  }

  [Symbol.dispose](): void {
    this.#connection.disconnect()
  }

  /** @returns when it takes jobs */
  async #startWorker({ kind, queue, concurrency }: QueueLoad): Promise<ChildProcess> {
    const words = ["--kind", kind, "--redis", this.#url, "--queue", queue, "--concurrency", `${concurrency}`]
    const child = fork(new URL("./queue-worker.ts", import.meta.url), words)
    await once(child, "message")
    return child
  }

  async #fill(queue: Queue, { total, textsPerJob }: QueueLoad): Promise<void> {
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
  }
}

/** Resolves when workers, each of which tells how many it has seen, have seen so many texts. */
function allSeen(workers: readonly ChildProcess[], total: number): Promise<void> {
  const seen = workers.map(() => 0)
  return new Promise((resolve, reject) => {
    workers.forEach((worker, index) => {
      worker.on("exit", code => reject(new Error(`a worker ended with exit code ${code}`)))
      worker.on("message", (count: number) => {
        seen[index] = count
        if (seen.reduce((sum, one) => sum + one, 0) >= total) resolve()
      })
    })
  })
}

async function stopped(worker: ChildProcess): Promise<void> {
  const exited = once(worker, "exit")
  worker.send("stop")
  await exited
}
