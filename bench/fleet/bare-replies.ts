/**
 * Peers of `replies.ts`: a bare queue and worker of BullMQ, whose labelling costs nothing, and three ways in which a
 * producer can hear of its results. Each way carries the result itself.
 */
import { Queue, QueueEvents, Worker } from "bullmq"
import { Redis } from "ioredis"

const name = "bare-replies"
const prefix = "{bare}"
const result = { label: "POSITIVE", score: 0.9998, tokens: 12, truncated: false, windows: 1 }

/** Entries that a stream of replies keeps: a producer that reads late finds them. */
const keptReplies = 1000

/** How a worker replies: to every listener, or on a channel or a stream that is the producer's own. */
export type Way = "events" | "channel" | "stream"

interface BareJob {
  readonly texts: readonly { readonly text: string }[]
  readonly way: Way
  readonly replyTo: string
  /** Which of the producer's texts it is. */
  readonly text: number
}

/** A labeller of one text after the other. */
export interface OpenLabel {
  label(): Promise<unknown>
  close(): Promise<void>
}

const openRedis = (url: string) => new Redis(url, { maxRetriesPerRequest: null })

/** Takes jobs until it is closed, and replies as each of them wants. */
export function startBareWorker(url: string): AsyncDisposable {
  const redis = openRedis(url)
  const worker = new Worker<BareJob>(name, async () => [result], { connection: redis, prefix, concurrency: 64 })
  worker.on("completed", ({ data: { way, replyTo, text } }, results) => {
    const reply = JSON.stringify({ text, results })
    if (way === "channel") void redis.publish(replyTo, reply)
    if (way === "stream") void redis.xadd(replyTo, "MAXLEN", "~", keptReplies, "*", "reply", reply)
  })
  return {
    async [Symbol.asyncDispose]() {
      await worker.close()
      redis.disconnect()
    },
  }
}

/** A producer's side of one of the ways. */
export async function openBare(url: string, way: Way): Promise<OpenLabel> {
  const redis = openRedis(url)
  const listener = openRedis(url)
  const replyTo = `${prefix}:replies:${crypto.randomUUID()}`
  const queue = new Queue<BareJob>(name, { connection: redis, prefix })
  const events = way === "events" ? new QueueEvents(name, { connection: listener, prefix }) : undefined
  const add = (text: number) =>
    queue.add("label", { texts: [{ text: "a text" }], way, replyTo, text }, { removeOnComplete: { count: 1000 } })
  let texts = 0
  const waiting = new Map<number, (results: unknown) => void>()
  const take = (reply: string) => {
    const { text, results } = JSON.parse(reply) as { text: number; results: unknown }
    waiting.get(text)?.(results)
    waiting.delete(text)
  }
  await events?.waitUntilReady()
  if (way === "channel") await listener.on("message", (_, reply: string) => take(reply)).subscribe(replyTo)
  if (way === "stream") void readStream(listener, replyTo, take)
  return {
    async label() {
      const text = texts++
      if (events) return (await add(text)).waitUntilFinished(events)
      const replied = new Promise(resolve => waiting.set(text, resolve))
      await add(text)
      return replied
    },
    async close() {
      await events?.close()
      await queue.close()
      listener.disconnect()
      redis.disconnect()
    },
  }
}

/** Reads a stream from its beginning until the connection ends. */
async function readStream(redis: Redis, key: string, take: (reply: string) => void): Promise<void> {
  for (let from = "0"; redis.status !== "end"; ) {
    const read = await redis.xread("BLOCK", 5000, "STREAMS", key, from).catch(() => null)
    for (const [id, fields] of read?.[0]?.[1] ?? []) {
      from = id
      take(fields[1] as string)
    }
  }
}
