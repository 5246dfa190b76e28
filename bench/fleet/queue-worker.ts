/**
 * A worker for `queue-alone.ts`, in a process of its own: Valence's around a labeller that does nothing, or a bare one of
 * BullMQ that stores the same results. It takes jobs until it has seen so many texts, and tells how long that took from
 * the first finished job to the last.
 */
import { parseArgs } from "node:util"
import { Worker as BareWorker } from "bullmq"
import { Redis } from "ioredis"
import type { Labeller } from "../../src/labeller.ts"
import { createWorker } from "../built.ts"

const { values: flags } = parseArgs({
  options: {
    kind: { type: "string", default: "valence" },
    redis: { type: "string", default: "" },
    queue: { type: "string", default: "valence" },
    concurrency: { type: "string", default: "256" },
    texts: { type: "string", default: "0" },
  },
})
const prefix = "{valence}"
const result = { label: "POSITIVE", score: 0.9998, tokens: 12, truncated: false, windows: 1 }
const model = { name: "no-op", revision: "r1", dtype: "none", labels: ["POSITIVE"], maxLength: 512 }

/** Counts texts, and tells when all have been seen. */
function stopwatch(texts: number): { readonly done: Promise<number>; count(texts: number): void } {
  let [first, seen, firstTexts] = [0, 0, 0]
  let finish: (textsPerSecond: number) => void
  const done = new Promise<number>(resolve => {
    finish = resolve
  })
  return {
    done,
    count(some) {
      seen += some
      if (first === 0) [first, firstTexts] = [performance.now(), seen]
      if (seen >= texts) finish((1000 * (seen - firstTexts)) / (performance.now() - first))
    },
  }
}

const watch = stopwatch(Number(flags.texts))
const concurrency = Number(flags.concurrency)
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
  events.on("job", ({ texts }) => watch.count(texts))
  const options = { keyPrefix: prefix, concurrency, bulkConcurrency: concurrency }
  const worker = await createWorker({ labeller, redis: flags.redis, options, events })
  process.send?.({ textsPerSecond: await watch.done })
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
  worker.on("completed", job => watch.count((job.data as { texts: unknown[] }).texts.length))
  process.send?.({ textsPerSecond: await watch.done })
  await worker.close()
  connection.disconnect()
}
process.disconnect?.()
