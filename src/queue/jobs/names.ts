import type { Lane } from "../../labeller.ts"

/** The queue of each lane, as any BullMQ port names it. */
export const queueOf: Readonly<Record<Lane, string>> = { interactive: "valence", bulk: "valence-bulk" }

/** The queue of jobs that failed for good. */
export const deadQueue = "valence-dead"

/** A queue that no one adds to, to see whether Redis does its work. */
export const checkQueue = "valence-check"

/** The queue of webhook deliveries. */
export const webhookQueue = "valence-webhooks"

/** The queue of batches. */
export const batchQueue = "valence-batches"

/** Both lanes, the one that goes first before the other. */
export const lanes = ["interactive", "bulk"] as const satisfies readonly Lane[]

/** Names of BullMQ's own keys of a queue. A job of such a name would be in the place of one of them, and stop the queue. */
export const reservedNames: ReadonlySet<string> = new Set([
  "active",
  "completed",
  "de",
  "delayed",
  "events",
  "failed",
  "id",
  "limiter",
  "marker",
  "meta",
  "paused",
  "pc",
  "prioritized",
  "repeat",
  "stalled",
  "stalled-check",
  "wait",
  "waiting-children",
])

/** What a job of either queue is called in BullMQ. */
export const jobName = "label"

/** Keys and channels next to BullMQ's own, all with the prefix and so in one slot of a Redis Cluster. */
export const keysOf = (prefix: string) => ({
  /** Hash: each living worker's last word about itself. */
  workers: `${prefix}:workers`,
  /** String: the model of the worker that came last. */
  model: `${prefix}:model`,
  /** String: tokens a second of the worker that reported last what it can do; kept when no worker runs. */
  capacity: `${prefix}:capacity`,
  /** String, for a minute: a process asks for a worker, even if no job waits. */
  wanted: `${prefix}:wanted`,
  /** Channel: ids of jobs that a producer waits for and that are finished. */
  reply: (producer: string) => `${prefix}:reply:${producer}`,
  /** String: the job of a request that may be sent twice. */
  idempotency: (digest: string) => `${prefix}:http:idempotency:${digest}`,
  /** Strings: the requests of a minute, by who sent them. */
  rateLimit: `${prefix}:http:rate:`,
  /** Hash: the files of the Batch API, by their ids. */
  files: `${prefix}:http:files`,
  /** Hash: the bytes of a file, by the number of the part. */
  fileParts: (file: string) => `${prefix}:http:file:${file}`,
  /** Hash: a batch, and how far it is. */
  batch: (id: string) => `${prefix}:http:batch:${id}`,
  /** Set: the batches that have not ended, and some that have. */
  openBatches: `${prefix}:http:open-batches`,
  /** Sorted set: the batches of an API key, by when they were made. */
  batches: (owner: string) => `${prefix}:http:batches:${owner}`,
  /** Channel: ids of jobs that no one wants any more. */
  cancel: `${prefix}:cancel`,
})
