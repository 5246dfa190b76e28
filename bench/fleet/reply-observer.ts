/**
 * One producer that labels a few texts a second, in a process of its own; tells the CPU time that it took for that.
 * `--kind channel` is Valence's; `--kind events` adds jobs itself and waits for them with BullMQ's QueueEvents.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { parseArgs } from "node:util"
import { Queue, QueueEvents } from "bullmq"
import { Redis } from "ioredis"
import { createProducer } from "../built.ts"

const { values: flags } = parseArgs({
  options: {
    kind: { type: "string", default: "channel" },
    redis: { type: "string", default: "" },
    labels: { type: "string", default: "100" },
  },
})
const prefix = "{valence}"

async function openLabel(): Promise<{ label(): Promise<unknown>; close(): Promise<unknown> }> {
  if (flags.kind === "channel") {
    const producer = await createProducer({ redis: flags.redis })
    return { label: () => producer.label(["a text"]), close: () => producer.close() }
  }
  const connection = new Redis(flags.redis, { maxRetriesPerRequest: null })
  const queue = new Queue("valence", { connection, prefix })
  const events = new QueueEvents("valence", { connection: connection.duplicate(), prefix })
  await events.waitUntilReady()
  return {
    async label() {
      const job = await queue.add("label", { v: 1, texts: [{ text: "a text" }] })
      await job.waitUntilFinished(events)
    },
    close: () => Promise.all([events.close(), queue.close()]).then(() => connection.disconnect()),
  }
}

const open = await openLabel()
for (let warmUp = 0; warmUp < 20; warmUp++) await open.label()
const before = process.cpuUsage()
const labels = Number(flags.labels)
for (let index = 0; index < labels; index++) {
  await open.label()
  await sleep(20)
}
const { user, system } = process.cpuUsage(before)
process.send?.({ microseconds: (user + system) / labels })
await open.close()
process.disconnect?.()
