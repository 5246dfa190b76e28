import { existsSync, statSync } from "node:fs"
import { producerOptions } from "../../src/producer/options.ts"
import { toBeTrue } from "../cli/run-valence.ts"
import { TemporaryFolder } from "../corpus/temporary-folder.ts"
import type { ChaosCorpus } from "./corpus.ts"
import type { RedisPlace } from "./places/redis-place.ts"
import { RedisLook } from "./redis-contents.ts"
import type { SeededRandom } from "./seeded-random.ts"
import { StartedProcess } from "./started-process.ts"

/** A lock that runs out while somebody watches. */
export const lockMs = 1000
const stalledCheckMs = 250

/** How a producer is told to work. */
interface Pace {
  readonly chunkTexts: number
  readonly maxChunks: number
  readonly checkpointMs: number
}

/** What the processes of a stage are like. */
export interface StageKind {
  /** Whether workers keep the locks of jobs as long as they do by default; otherwise a lock runs out while somebody watches. */
  readonly usualLocks?: boolean
  /** Whether every process has a clock of its own, which can be set. */
  readonly ownClocks?: boolean
}

/** Texts of a chunk that are one job. */
const mostInJob = producerOptions.bulkJobTexts.default

const paceOf = (random: SeededRandom): Pace => ({
  chunkTexts: random.pick([4, 16, 16, 16, 64, mostInJob + 1]),
  maxChunks: random.pick([2, 8, 64]),
  checkpointMs: random.pick([5, 50, 2000]),
})

/**
 * What trials play on: a Redis of their own, workers, and a producer that sends a corpus through them. Several trials
 * can play on it one after the other, because workers take long to start.
 */
export class Stage implements AsyncDisposable {
  readonly place: RedisPlace
  readonly look: RedisLook
  readonly corpus: ChaosCorpus
  readonly workers: StartedProcess[] = []
  producer: StartedProcess | undefined
  /** The longest time without progress, if the trial's run was watched. */
  standstillMs: number | undefined
  readonly #home = new TemporaryFolder()
  /** Of the trial. */
  #folder = new TemporaryFolder()
  #pace: Pace
  readonly #bulkConcurrency: number
  readonly #usualLocks: boolean
  readonly #ownClocks: boolean
  readonly #all: StartedProcess[] = []

  private constructor(
    place: RedisPlace,
    look: RedisLook,
    corpus: ChaosCorpus,
    random: SeededRandom,
    { usualLocks = false, ownClocks = false }: StageKind,
  ) {
    this.place = place
    this.look = look
    this.corpus = corpus
    this.#usualLocks = usualLocks
    this.#ownClocks = ownClocks
    this.#bulkConcurrency = random.pick([1, 4])
    this.#pace = paceOf(random)
    this.#folder.write("in.csv", corpus.input)
  }

  /** @param place - closed in the end */
  static async open(
    corpus: ChaosCorpus,
    random: SeededRandom,
    place: RedisPlace,
    kind: StageKind = {},
  ): Promise<Stage> {
    return new Stage(place, new RedisLook(await place.connect()), corpus, random, kind)
  }

  /** Makes it ready for a trial: so many workers, and nothing of the trial before. */
  async prepare(workers: number, random: SeededRandom): Promise<void> {
    this.#pace = paceOf(random)
    this.standstillMs = undefined
    this.#folder[Symbol.dispose]()
    this.#folder = new TemporaryFolder()
    this.#folder.write("in.csv", this.corpus.input)
    await this.place.restore()
    await this.look.empty()
    const living = this.workers.filter(({ runs }) => runs)
    this.workers.splice(0, Infinity, ...living.slice(0, workers))
    for (const worker of living.slice(workers)) await worker[Symbol.asyncDispose]()
    await Promise.all(Array.from({ length: workers - this.workers.length }, () => this.startWorker()))
  }

  /** Jobs that the workers that live may have at work. */
  get mostActive(): number {
    return this.workers.filter(({ runs }) => runs).length * this.#bulkConcurrency
  }

  /** Starts a worker, and returns when it takes jobs. */
  async startWorker(): Promise<StartedProcess> {
    const { model } = this.corpus
    const times = this.#usualLocks ? [] : ["--lock-ms", lockMs, "--stalled-check-ms", stalledCheckMs].map(String)
    const concurrency = ["--bulk-concurrency", String(this.#bulkConcurrency)]
    const where = ["--redis", this.place.workerUrl, "--port", "0", "--device", "cpu:1"]
    const worker = this.#start(this.#home, "work", "--model", model, ...where, ...times, ...concurrency)
    this.workers.push(worker)
    await worker.toSay("ready: ")
    return worker
  }

  /** Starts the run, or goes on with it: the command is the same. */
  startProducer(): StartedProcess {
    const { chunkTexts, maxChunks, checkpointMs } = this.#pace
    const pace = ["--chunk-texts", chunkTexts, "--max-chunks", maxChunks, "--checkpoint-ms", checkpointMs].map(String)
    this.producer = this.#start(
      this.#folder,
      "label",
      "in.csv",
      "-o",
      "out.csv",
      "--redis",
      this.place.producerUrl,
      ...pace,
    )
    return this.producer
  }

  /** Bytes of output there are. */
  get outputBytes(): number {
    const path = this.#folder.at("out.csv")
    return existsSync(path) ? statSync(path).size : 0
  }

  /**
   * Watches the run until its end, or until it has stood still for that long.
   *
   * @returns the longest time without progress: the output grows, or the run ends
   */
  async longestStandstill(mostMs: number): Promise<number> {
    // A run that has written nothing may be a process that starts, which takes its time on a busy machine.
    await toBeTrue(() => this.outputBytes > 0 || this.producer?.runs !== true)
    let [bytes, sinceMs, longestMs] = [this.outputBytes, performance.now(), 0]
    while (longestMs < mostMs) {
      const runs = this.producer?.runs === true
      longestMs = Math.max(longestMs, performance.now() - sinceMs)
      if (!runs) break
      if (this.outputBytes !== bytes) [bytes, sinceMs] = [this.outputBytes, performance.now()]
      await new Promise(resolve => setTimeout(resolve, 20))
    }
    this.standstillMs = longestMs
    return longestMs
  }

  /** The output so far. */
  get output(): string {
    return existsSync(this.#folder.at("out.csv")) ? this.#folder.read("out.csv") : ""
  }

  /** What the processes wrote to standard error, one after the other. */
  get log(): string {
    return this.#all.map(({ pid, stderr }) => `--- ${pid}\n${stderr}`).join("\n")
  }

  #start(folder: TemporaryFolder, ...words: readonly string[]): StartedProcess {
    const shiftFile = this.#ownClocks ? folder.at(`clock-${this.#all.length}`) : undefined
    const started = new StartedProcess({ folder: folder.path, shiftFile }, ...words)
    this.#all.push(started)
    return started
  }

  /** Ends everything, and removes the files. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.look[Symbol.dispose]()
    await Promise.all(this.#all.map(started => started[Symbol.asyncDispose]()))
    await this.place[Symbol.asyncDispose]()
    this.#folder[Symbol.dispose]()
    this.#home[Symbol.dispose]()
  }
}
