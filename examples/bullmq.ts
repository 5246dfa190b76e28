/*
 * A queue of your own, "reviews", whose worker asks a fleet for labels. Both may use the same Redis.
 *
 *     npx valence work --redis redis://127.0.0.1:6379
 *     npx tsx examples/bullmq.ts redis://127.0.0.1:6379
 */
import { Queue, QueueEvents, UnrecoverableError, Worker } from "bullmq"
import { createProducer } from "valence-nlp/fleet"

interface Review {
  readonly text: string
}

const url = process.argv[2] ?? "redis://127.0.0.1:6379"
const connection = { url }
const producer = await createProducer({ redis: url })

// A job waits for its labels, so many may run at once. What the fleet cannot do now is thrown, and BullMQ retries the job.
const worker = new Worker<Review>(
  "reviews",
  async job => {
    const [result] = await producer.label([job.data.text], { timeoutMs: 30_000 })
    if (result === undefined || result.error) throw new UnrecoverableError(result?.error.message)
    return { label: result.label, score: result.score }
  },
  { connection, concurrency: 100 },
)

// Elsewhere in the app:
const queue = new Queue<Review>("reviews", { connection })
const events = new QueueEvents("reviews", { connection })
const job = await queue.add("review", { text: "Never again, awful" }, { attempts: 3, removeOnComplete: true })
console.log(await job.waitUntilFinished(events))

for (const part of [worker, events, queue, producer]) await part.close()
