import { setTimeout as wait } from "node:timers/promises"
import { DelayedError, type Job, Queue, type Worker } from "bullmq"
import { asError, ValenceError } from "../../errors.ts"
import type { Producer } from "../../producer/producer.ts"
import { keptEvents } from "../../queue/jobs/job-queues.ts"
import { batchQueue } from "../../queue/jobs/names.ts"
import type { RedisConnection } from "../../queue/redis/connection.ts"
import { closeWorker } from "../../queue/worker/close-worker.ts"
import { PatientWorker } from "../../queue/worker/patient-worker.ts"
import { guarded } from "../guarded.ts"
import { RequestError } from "../problem.ts"
import { type BatchContext, BatchRun } from "./batch-run.ts"
import { type Batch, batchHasEnded } from "./batch-store.ts"

/** Batches that are at work at a time in a server: they share the bulk lane. */
const concurrency = 8
/** Time after which a dead server is noticed, and a little more. */
const lockMs = 10_000
const stalledCheckMs = 5000
/** How long the batches at work may take to be left to others. */
const leaveMs = 5000
/** The last of these attempts comes more than an hour after the first: 1 s, 2 s, 4 s, ... */
const attempts = 13
/** How often to look for batches that are not in the queue. */
const adoptMs = 5000
const backoff = { type: "exponential", delay: 1000, jitter: 0.5 } as const

/** The data of a queued job. */
interface BatchJob {
  readonly batch: string
}

/** What a client asks for. */
export interface BatchRequest {
  readonly inputFile: string
  readonly metadata: Readonly<Record<string, string>> | null
  /** How long its output is kept; default: as long as the server keeps files. */
  readonly keepOutputSeconds?: number | undefined
}

/**
 * Files of requests that are labelled later. They are in a queue of their own: any server labels them, and if one dies, another continues.
 */
export class Batches implements AsyncDisposable {
  readonly #redis: RedisConnection
  readonly #context: BatchContext
  readonly #queue: Queue<BatchJob>
  readonly #worker: Worker<BatchJob>
  readonly #stop = new AbortController()
  #closing: Promise<void> | undefined

  constructor(producer: Producer, context: BatchContext) {
    this.#redis = producer.redis
    this.#context = context
    const place = { connection: producer.redis, prefix: producer.keyPrefix }
    this.#queue = new Queue(batchQueue, { ...place, streams: keptEvents })
    const options = {
      ...place,
      concurrency,
      lockDuration: lockMs,
      stalledInterval: stalledCheckMs,
      // Servers that die are no fault of a batch.
      maxStalledCount: 1000,
    }
    this.#worker = new PatientWorker<BatchJob>(batchQueue, job => this.#process(job), options, producer.health)
    // The connection reports its own errors.
    this.#queue.on("error", () => {})
    this.#worker.on("error", err => context.log.debug({ err }, "BullMQ reports an error"))
    // Other servers are to continue at once.
    context.serving.stopping.addEventListener(
      "abort",
      guarded(context.log, () => this.close()),
      { once: true },
    )
    void this.#adoptLoop(this.#stop.signal)
  }

  /**
   * Makes a batch of a file.
   *
   * @throws RequestError 400 if there is no such file, or it is for something else
   */
  async create(owner: string, { inputFile, metadata, keepOutputSeconds }: BatchRequest): Promise<Batch> {
    const { store, files } = this.#context
    files.requireKept("/output_expires_after/seconds", keepOutputSeconds)
    const file = await files.read(owner, inputFile)
    if (file === undefined) throw new RequestError(400, `no file has the id ${inputFile} (input_file_id)`)
    if (file.purpose !== "batch")
      throw new RequestError(400, `input_file_id must be a file with purpose batch; ${inputFile} has ${file.purpose}`)
    const batch = await store.create({ owner, inputFile, metadata, keepOutputSeconds })
    await files.keepUntil(file, batch.expiresMs)
    await this.#enqueue(batch.id)
    return batch
  }

  /** A batch as it is now; `undefined` if none exists, or belongs to another key. */
  read(owner: string, id: string): Promise<Batch | undefined> {
    return this.#context.store.read(id, owner)
  }

  /**
   * An owner's batches, the newest first.
   *
   * @throws RequestError 400 if `after` is none
   */
  list(owner: string, limit: number, after: string | undefined): Promise<Batch[]> {
    return this.#context.store.list(owner, limit, after)
  }

  /**
   * Takes a batch back; what is labelled by then is kept.
   *
   * @returns the batch as it is then; `undefined` if none exists
   * @throws RequestError 409 if it has ended
   */
  async cancel(owner: string, id: string): Promise<Batch | undefined> {
    const { store } = this.#context
    if ((await store.read(id, owner)) === undefined) return undefined
    const status = await store.move(id, ["validating", "in_progress"], "cancelling")
    if (status !== undefined && status !== "cancelled" && batchHasEnded(status))
      throw new RequestError(409, `the batch ${id} cannot be cancelled: it is ${status}`)
    return store.read(id, owner)
  }

  /** Leaves the batches at work to other servers, then lets go. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    // First no more are taken.
    const closed = closeWorker(this.#worker, this.#redis, leaveMs)
    this.#stop.abort(new ValenceError("aborted", "the server stops"))
    await closed
    await this.#queue.close()
  }

  /** Adds nothing if it is in the queue already. */
  async #enqueue(batch: string): Promise<void> {
    const options = { jobId: batch, attempts, backoff, removeOnComplete: true, removeOnFail: true }
    await this.#queue.add("label", { batch }, options)
  }

  async #adoptLoop(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      // Redis may be away: the next check finds it.
      await this.#adopt().catch(() => {})
      await wait(adoptMs, undefined, { signal, ref: false }).catch(() => {})
    }
  }

  /** Queues the batches that have not ended and are in no queue: of a server that died before it queued them. */
  async #adopt(): Promise<void> {
    for (const id of await this.#context.store.open())
      if (!this.#stop.signal.aborted && (await this.#queue.getJob(id)) === undefined) await this.#enqueue(id)
  }

  async #process(job: Job<BatchJob>): Promise<void> {
    const run = new BatchRun(job.data.batch, this.#context, this.#stop.signal)
    try {
      await run.run()
    } catch (thrown) {
      const error = asError(thrown)
      if (this.#stop.signal.aborted) {
        await job.moveToDelayed(Date.now(), job.token)
        throw new DelayedError()
      }
      this.#context.log.warn({ batch: job.data.batch }, `batch could not continue: ${error.message}`)
      if (job.attemptsMade + 1 < attempts) throw error
      await run.fail({ code: error instanceof ValenceError ? error.code : "internal_error", message: error.message })
    }
  }
}
