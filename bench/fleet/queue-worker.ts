/**
 * A worker for `full-queue.ts`, in a process of its own: Valence's around a labeller that does nothing, or a bare one of
 * BullMQ that stores the same results. It says when it takes jobs, then how many texts it has seen, and ends when it is
 * told to.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { Worker as BareWorker } from "bullmq"
import { Redis } from "ioredis"
import type { Labeller } from "../../src/labeller.ts"
import { readFlags } from "../../test/read-flags.ts"
import { createWorker } from "../built.ts"

const { values: flags } = readFlags({
  options: {
    kind: { type: "string", default: "valence" },
    redis: { type: "string", default: "" },
    queue: { type: "string", default: "valence" },
    concurrency: { type: "string", default: "256" },
  },
})
const prefix = "{valence}"
const result = { label: "POSITIVE", score: 0.9998, tokens: 12, truncated: false, windows: 1 }
const model = { name: "no-op", revision: "r1", dtype: "none", labels: ["POSITIVE"], maxLength: 512 }

const tellMs = 10
const concurrency = Number(flags.concurrency)
const told = new AbortController()
process.once("message", () => told.abort())
process.once("disconnect", () => process.exit())
let seen = 0
const count = (texts: number) => {
  seen += texts
}

/** Tells what was seen, until it is told to stop. */
async function tell(): Promise<void> {
  process.send?.("ready")
  let last = 0
  while (!told.signal.aborted) {
    if (seen > last) process.send?.(seen)
    last = seen
    await sleep(tellMs)
  }
}

if (flags.kind === "valence") {
  const labeller: Labeller = {
    model,
    label: async texts => texts.map(() => result),
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
  }
  const { WorkerEmitter } = (await import(
    new URL("../../dist/fleet.js", import.meta.url).href
  )) as typeof import("../../src/fleet.ts")
  const events = new WorkerEmitter()
  events.on("job", ({ texts }) => count(texts))
  const options = { keyPrefix: prefix, concurrency, bulkConcurrency: concurrency }
  const worker = await createWorker({ labeller, redis: flags.redis, options, events })
  await tell()
  await worker.close()
} else {
  const connection = new Redis(flags.redis, { maxRetriesPerRequest: null })
  const worker = new BareWorker(
    flags.queue,
    async job => ({
      v: 1,
      model: { name: "no-op", revision: "r1", dtype: "none" },
      results: (job.data as { texts: unknown[] }).texts.map(() => result),
      timings: { queueMs: 0, labelMs: 0 },
    }),
    { connection, prefix, concurrency, removeOnComplete: { age: 3600, limit: 1000 } },
  )
  worker.on("completed", job => count((job.data as { texts: unknown[] }).texts.length))
  await tell()
  await worker.close()
  connection.disconnect()
}
process.exit()
