import { existsSync, statSync } from "node:fs"
import { TemporaryFolder } from "../corpus/temporary-folder.ts"
import { type RedisServer, startRedisServer } from "../redis/redis-server.ts"
import type { ChaosCorpus } from "./corpus.ts"
import { RedisLook } from "./redis-contents.ts"
import type { SeededRandom } from "./seeded-random.ts"
import { StartedProcess } from "./started-process.ts"

/** A lock that runs out while somebody watches. */
export const lockMs = 1000
const stalledCheckMs = 250

/** How the processes of a trial are told to work. */
interface Pace {
  readonly chunkTexts: number
  readonly maxChunks: number
  readonly checkpointMs: number
  readonly bulkConcurrency: number
}

/** What a trial plays on: a Redis of its own, workers, and a producer that sends a corpus through them. */
export class Stage implements AsyncDisposable {
  readonly redis: RedisServer
  readonly look: RedisLook
  readonly corpus: ChaosCorpus
  readonly workers: StartedProcess[] = []
  producer: StartedProcess | undefined
  readonly #folder = new TemporaryFolder()
  readonly #pace: Pace
  readonly #all: StartedProcess[] = []

  private constructor(redis: RedisServer, corpus: ChaosCorpus, pace: Pace) {
    this.redis = redis
    this.look = new RedisLook(redis.url)
    this.corpus = corpus
    this.#pace = pace
    this.#folder.write("in.csv", corpus.input)
  }

  /** Starts the Redis: each write goes to its file, synced every second. */
  static async open(corpus: ChaosCorpus, random: SeededRandom): Promise<Stage> {
    const pace: Pace = {
      chunkTexts: random.pick([4, 16, 16, 16, 64]),
      maxChunks: random.pick([2, 8, 64]),
      checkpointMs: random.pick([5, 50, 2000]),
      bulkConcurrency: random.pick([1, 4]),
    }
    return new Stage(await startRedisServer({ appendOnly: true }), corpus, pace)
  }

  /** Jobs that the workers that live may have at work. */
  get mostActive(): number {
    return this.workers.filter(({ runs }) => runs).length * this.#pace.bulkConcurrency
  }

  /** Starts a worker, and returns when it takes jobs. */
  async startWorker(): Promise<StartedProcess> {
    const { model } = this.corpus
    const times = ["--lock-ms", lockMs, "--stalled-check-ms", stalledCheckMs].map(String)
    const concurrency = ["--bulk-concurrency", String(this.#pace.bulkConcurrency)]
    const where = ["--redis", this.redis.url, "--port", "0", "--device", "cpu:1"]
    const worker = this.#start("work", "--model", model, ...where, ...times, ...concurrency)
    this.workers.push(worker)
    await worker.toSay("ready: ")
    return worker
  }

  /** Starts the run, or goes on with it: the command is the same. */
  startProducer(): StartedProcess {
    const { chunkTexts, maxChunks, checkpointMs } = this.#pace
    const pace = ["--chunk-texts", chunkTexts, "--max-chunks", maxChunks, "--checkpoint-ms", checkpointMs].map(String)
    this.producer = this.#start("label", "in.csv", "-o", "out.csv", "--redis", this.redis.url, ...pace)
    return this.producer
  }

  /** Bytes of output there are. */
  get outputBytes(): number {
    const path = this.#folder.at("out.csv")
    return existsSync(path) ? statSync(path).size : 0
  }

  /** The output so far. */
  get output(): string {
    return existsSync(this.#folder.at("out.csv")) ? this.#folder.read("out.csv") : ""
  }

  /** What the processes wrote to standard error, one after the other. */
  get log(): string {
    return this.#all.map(({ pid, stderr }) => `--- ${pid}\n${stderr}`).join("\n")
  }

  #start(...words: readonly string[]): StartedProcess {
    const started = new StartedProcess(this.#folder.path, ...words)
    this.#all.push(started)
    return started
  }

  /** Ends everything, and removes the files. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.look[Symbol.dispose]()
    await Promise.all(this.#all.map(started => started[Symbol.asyncDispose]()))
    await this.redis.stop()
    this.#folder[Symbol.dispose]()
  }
}
