import type { lookup } from "node:dns"
import { setTimeout as wait } from "node:timers/promises"
import { DelayedError, type Job, Queue, UnrecoverableError, type Worker } from "bullmq"
import type { FastifyBaseLogger } from "fastify"
import { asError, ValenceError } from "../../errors.ts"
import type { Producer } from "../../producer/producer.ts"
import { keptEvents } from "../../queue/jobs/job-queues.ts"
import { webhookQueue } from "../../queue/jobs/names.ts"
import { removeOld } from "../../queue/jobs/remove-old.ts"
import type { RedisConnection } from "../../queue/redis/connection.ts"
import { closeWorker } from "../../queue/worker/close-worker.ts"
import { PatientWorker } from "../../queue/worker/patient-worker.ts"
import { guarded } from "../guarded.ts"
import { type JobResource, jobHasEnded } from "./job-resource.ts"
import type { Jobs } from "./jobs.ts"
import { PrivateAddressError, sendWebhook } from "./send-webhook.ts"
import { signatureOf } from "./sign-webhook.ts"

/** Shorter ones can be guessed. */
const minSecretLength = 16
/** Deliveries that are at work at a time in a server. */
const concurrency = 16
/** The last of these attempts comes more than an hour after the first: 1 s, 2 s, 4 s, ... */
const attempts = 13
const backoff = { type: "exponential", delay: 1000, jitter: 0.5 } as const
/** A job is looked at after a quarter of the time that it has been waiting for, within these bounds. */
const lookMs = { least: 200, most: 5000 } as const
/** A delivery that was made is remembered as long as its request may be sent again. */
const keptSeconds = 86_400
/** A delivery that is at work is removed a little later: it is tried as often as this. */
const mostRemoveTries = 20
const removeAgainMs = 50
/** How often deliveries that are kept no longer are removed, if none ends: then BullMQ removes them. */
const cleanEveryMs = 60_000
const cleanLimit = 1000
/** How long Redis may take to store what became of the deliveries at work. */
const lastWordsMs = 5000

/** The data of a queued job. */
interface Delivery {
  /** The name of the API key that the job belongs to. */
  readonly owner: string
  readonly job: string
  readonly url: string
}

/** What became of an attempt to deliver. */
export type DeliveryOutcome = "delivered" | "retried" | "given_up"

/** How webhooks are delivered. */
export interface WebhookSettings {
  readonly secret: string
  readonly allowPrivate: boolean
  readonly timeoutMs: number
  readonly lookup?: typeof lookup | undefined
  readonly log: FastifyBaseLogger
  readonly onOutcome: (outcome: DeliveryOutcome) => void
}

/**
 * Posts the end of jobs to URLs. Deliveries are in a queue of their own: any server makes them, and one that dies leaves them to the
 * others. A receiver may hear of a job twice.
 */
export class Webhooks implements AsyncDisposable {
  readonly #redis: RedisConnection
  readonly #jobs: Jobs
  readonly #settings: WebhookSettings
  readonly #queue: Queue<Delivery>
  readonly #worker: Worker<Delivery>
  readonly #cleaning: NodeJS.Timeout

  /** @throws ValenceError `option_invalid` for a secret that is too short */
  constructor(producer: Producer, jobs: Jobs, settings: WebhookSettings) {
    const { length } = settings.secret
    if (length < minSecretLength)
      throw new ValenceError(
        "option_invalid",
        `webhookSecret must have ${minSecretLength} characters or more; got ${length}`,
      )
    this.#redis = producer.redis
    this.#jobs = jobs
    this.#settings = settings
    const place = { connection: producer.redis, prefix: producer.keyPrefix }
    this.#queue = new Queue(webhookQueue, { ...place, streams: keptEvents })
    const options = {
      ...place,
      concurrency,
      // Servers that die are no fault of a delivery.
      maxStalledCount: 1000,
    }
    this.#worker = new PatientWorker<Delivery>(webhookQueue, job => this.#process(job), options, producer.health)
    // The connection reports its own errors.
    this.#queue.on("error", () => {})
    this.#worker.on("error", err => settings.log.debug({ err }, "BullMQ reports an error"))
    const { log } = settings
    this.#cleaning = setInterval(
      guarded(log, () => this.#clean()),
      cleanEveryMs,
    ).unref()
    this.#worker.on(
      "completed",
      guarded(log, () => settings.onOutcome("delivered")),
    )
    this.#worker.on(
      "failed",
      guarded(log, (job: Job<Delivery> | undefined, error: Error) => this.#failed(job, error)),
    )
  }

  /** Delivers the end of a job; once, however often it is called. */
  async add(owner: string, job: string, url: string): Promise<void> {
    await this.#queue.add(
      "deliver",
      { owner, job, url },
      { jobId: job, attempts, backoff, removeOnComplete: { age: keptSeconds }, removeOnFail: { age: keptSeconds } },
    )
  }

  /** No one is notified of a job any more. */
  async remove(job: string): Promise<void> {
    // A delivery that looks at its job at this moment cannot be removed; it waits again a moment later.
    for (let tries = 0; tries < mostRemoveTries && (await this.#queue.remove(job)) === 0; tries++) {
      if ((await this.#queue.getJob(job)) === undefined) return
      await wait(removeAgainMs)
    }
  }

  /** Waits for deliveries that are being made, then lets go. */
  async close(): Promise<void> {
    clearInterval(this.#cleaning)
    await closeWorker(this.#worker, this.#redis, this.#settings.timeoutMs + lastWordsMs)
    await this.#queue.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #clean(): Promise<void> {
    if (this.#redis.status !== "ready") return
    await removeOld(this.#queue, this.#redis, { completed: keptSeconds, failed: keptSeconds }, cleanLimit)
  }

  async #process(delivery: Job<Delivery>): Promise<void> {
    const { owner, job, url } = delivery.data
    const resource = (await this.#jobs.read(owner, job)) ?? lostJob(job)
    if (!jobHasEnded(resource)) {
      // Both by the clock of Redis.
      const ageMs = (delivery.processedOn ?? delivery.timestamp) - delivery.timestamp
      const afterMs = Math.min(lookMs.most, Math.max(lookMs.least, ageMs / 4))
      await delivery.moveToDelayed(Date.now() + afterMs, delivery.token)
      throw new DelayedError()
    }
    const body = JSON.stringify(resource)
    const headers = { "x-valence-signature": signatureOf(body, this.#settings.secret, Date.now()) }
    try {
      await sendWebhook(new URL(url), body, headers, this.#settings)
    } catch (error) {
      // It is not tried again: what is looked up does not become public by waiting.
      throw error instanceof PrivateAddressError ? new UnrecoverableError(error.message) : asError(error)
    }
  }

  #failed(delivery: Job<Delivery> | undefined, { message }: Error): void {
    const outcome = delivery?.finishedOn === undefined ? "retried" : "given_up"
    this.#settings.onOutcome(outcome)
    this.#settings.log.warn({ job: delivery?.data.job, outcome }, `webhook was not delivered: ${message}`)
  }
}

/** Redis has lost it, or its results were kept for less long than the receiver was away. */
function lostJob(id: string): JobResource {
  return { id, state: "failed", error: { code: "job_lost", message: "the job's results are no longer in Redis" } }
}
