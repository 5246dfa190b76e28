import type { Worker } from "bullmq"
import { within } from "../../aborting.ts"
import type { RedisConnection } from "../redis/connection.ts"

/** How long the connection to end may take to be there at all. */
const connectionMs = 1000

/**
 * Has a worker of BullMQ take no more jobs, and ends the connection on which it waits for them, for good.
 *
 * BullMQ connects it again whenever it ends, also if that is because the worker pauses or closes while Redis is away or
 * comes back: no one would close that connection, and it would keep its process for ever.
 */
export async function stopWaiting(worker: Worker): Promise<void> {
  await worker.pause(true)
  const waiting = await worker.getBackend().blockingClient
  const end = () => waiting?.disconnect()
  waiting?.on("connecting", end).on("connect", end)
  end()
  // One that is between two attempts would end without a word, and what waits on it would wait on: this attempt ends it.
  if (waiting?.status === "reconnecting") waiting.connect().catch(() => {})
}

/**
 * Lets go of a worker of BullMQ. Where Redis is away, jobs at work are left: nothing can be said of them.
 *
 * @param redis - what the worker was made with
 * @param waitMs - how long jobs at work may take
 */
export async function closeWorker(worker: Worker, redis: RedisConnection, waitMs: number): Promise<void> {
  await within(connectionMs, stopWaiting(worker))
  await within(waitMs, worker.close(redis.status !== "ready"))
}
