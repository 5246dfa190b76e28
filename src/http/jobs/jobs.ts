import { createHash } from "node:crypto"
import { ValenceError } from "../../errors.ts"
import type { AddOptions } from "../../producer/options.ts"
import type { Producer } from "../../producer/producer.ts"
import { keysOf } from "../../queue/jobs/names.ts"
import { jobsOf, newJobName, type RequestJobs, requestIdOf } from "./job-id.ts"
import { type JobResource, jobHasEnded, jobResource } from "./job-resource.ts"

/** Jobs of a request that Redis is asked for at a time. */
const jobsAtOnce = 32
/** A request has fewer jobs than texts; servers with another bound may have taken it. */
const leastBound = 1000

/** A request that is sent again within this time is the same. */
const idempotencySeconds = 86_400

/** What identifies a repeated request. */
export interface Idempotency {
  /** As the client chose it; those of several API keys do not meet. */
  readonly key: string
  /** What must be the same each time. */
  readonly body: string
}

/** Requests for labels that are answered later. All that is known of them is in Redis: any server answers for any job. */
export class Jobs {
  readonly #producer: Producer
  readonly #mostJobs: number

  /** @param maxTexts - of a request */
  constructor(producer: Producer, maxTexts: number) {
    this.#producer = producer
    this.#mostJobs = Math.max(leastBound, maxTexts)
  }

  /**
   * Adds texts to be labelled.
   *
   * @param owner - the name of the API key; empty without keys
   * @returns the request's id; the same for a request that is sent again
   * @throws ValenceError `job_conflict` if the body is another than under this key before; what `Producer.add` throws
   */
  async add(
    owner: string,
    texts: readonly string[],
    options: AddOptions,
    idempotency: Idempotency | undefined,
  ): Promise<string> {
    const name = idempotency === undefined ? newJobName(owner) : await this.#nameOf(owner, idempotency)
    const jobs = await this.#producer.add(texts, { ...options, id: name })
    return requestIdOf(name, jobs.length)
  }

  /** Whether an id is of an owner's request, which may be gone. */
  owns(owner: string, id: string): boolean {
    return this.#jobsOf(owner, id) !== undefined
  }

  /** Where a request stands; `undefined` if none exists, or it is another owner's. */
  async read(owner: string, id: string): Promise<JobResource | undefined> {
    const request = this.#jobsOf(owner, id)
    if (request === undefined) return undefined
    return jobResource(id, await someAtATime(request.jobs, job => this.#producer.result(job)))
  }

  /** Returns when all of its jobs have ended, or the signal aborts. */
  async wait(owner: string, id: string, signal: AbortSignal): Promise<void> {
    const { jobs } = this.#jobsOf(owner, id) ?? { jobs: [] }
    // They are all asked for at once.
    const resource = jobs.length > jobsAtOnce ? await this.read(owner, id) : undefined
    if (jobs.length > jobsAtOnce && (resource === undefined || jobHasEnded(resource) || signal.aborted)) return
    for await (const _ of this.#producer.results(jobs, signal)) if (signal.aborted) return
  }

  /**
   * Takes a request back: from now on there is none. What is waiting and what has ended is removed; what a worker has is dropped if it has
   * not reached a device, and removed when it ends.
   *
   * @returns whether there was one
   */
  async remove(owner: string, id: string): Promise<boolean> {
    const { jobs } = this.#jobsOf(owner, id) ?? { jobs: [] }
    return (await someAtATime(jobs, job => this.#producer.discard([job]))).includes(true)
  }

  #jobsOf(owner: string, id: string): RequestJobs | undefined {
    return jobsOf(id, owner, this.#mostJobs)
  }

  async #nameOf(owner: string, { key, body }: Idempotency): Promise<string> {
    const { redis, keyPrefix } = this.#producer
    const [where, digest] = [keysOf(keyPrefix).idempotency(digestOf(`${owner}\n${key}`)), digestOf(body)]
    const name = newJobName(owner)
    if ((await redis.set(where, `${digest} ${name}`, "EX", idempotencySeconds, "NX")) === "OK") return name
    const [before, nameBefore] = (await redis.get(where))?.split(" ") ?? []
    if (before !== undefined && before !== digest)
      throw new ValenceError("job_conflict", "this Idempotency-Key was sent before, with another body")
    return nameBefore ?? name
  }
}

/** Maps each job, in order. Anyone can write an id with many jobs: other requests are answered meanwhile. */
async function someAtATime<T>(jobs: readonly string[], make: (job: string) => Promise<T>): Promise<T[]> {
  const made: T[] = []
  for (let from = 0; from < jobs.length; from += jobsAtOnce)
    made.push(...(await Promise.all(jobs.slice(from, from + jobsAtOnce).map(make))))
  return made
}

const digestOf = (text: string) => createHash("sha256").update(text).digest("hex")
