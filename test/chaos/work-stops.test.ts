import { Queue } from "bullmq"
import { Redis } from "ioredis"
import { describe, expect, inject, it } from "vitest"
import { jobName, queueOf } from "../../src/queue/jobs/names.ts"
import { TemporaryFolder } from "../corpus/temporary-folder.ts"
import { eventually } from "../eventually.ts"
import { StartedProcess } from "./started-process.ts"

/** A signal that follows at once is the same one: a terminal and npm both pass it on. */
const anotherSignalMs = 600

/** Longer than a test may take: a job that is handed back has to go on without waiting for it. */
const lockMs = 3_600_000

/** A queue with a job that keeps a device busy for longer than a test takes. */
async function withLongJob(
  play: (keyPrefix: string, state: () => Promise<string>, redis: Redis) => Promise<void>,
): Promise<void> {
  const keyPrefix = `{test-${Math.random().toString(36).slice(2)}}`
  const redis = new Redis(inject("redisUrl"), { maxRetriesPerRequest: null })
  const queue = new Queue(queueOf.bulk, { connection: redis, prefix: keyPrefix })
  try {
    const texts = Array.from({ length: 10_000 }, (_, row) => ({
      text: `${row} ${"a long story of it all ".repeat(12)}`,
    }))
    await queue.add(jobName, { v: 1, texts }, { jobId: "long" })
    await play(keyPrefix, () => queue.getJobState("long"), redis)
  } finally {
    await queue.obliterate({ force: true })
    await queue.close()
    redis.disconnect()
  }
}

async function startWorker(folder: TemporaryFolder, keyPrefix: string, ...more: string[]): Promise<StartedProcess> {
  const where = ["--redis", inject("redisUrl"), "--key-prefix", keyPrefix, "--port", "0", "--device", "cpu:1"]
  const worker = new StartedProcess({ folder: folder.path }, "work", ...where, "--lock-ms", String(lockMs), ...more)
  await worker.toSay("ready: ")
  return worker
}

function toBeActive(state: () => Promise<string>): Promise<void> {
  return eventually(async () => (await state()) === "active")
}

describe("valence work", () => {
  it("SIGTERM twice - hands its job back at once, ends with 1; another worker takes it at once", async () => {
    using folder = new TemporaryFolder()
    await withLongJob(async (keyPrefix, state, redis) => {
      await using one = await startWorker(folder, keyPrefix)
      await toBeActive(state)
      await using other = await startWorker(folder, keyPrefix)
      const lockOf = () => redis.get(`${keyPrefix}:${queueOf.bulk}:long:lock`)
      const lock = await lockOf()
      one.signal("SIGTERM")
      await one.toSay("draining")
      await new Promise(resolve => setTimeout(resolve, anotherSignalMs))
      one.signal("SIGTERM")
      expect(await one.exit).toEqual({ code: 1, signal: null })
      expect(one.stderr).toContain("stopped: jobs that were at work are back in their queues")
      await eventually(async () => ![lock, null].includes(await lockOf()))
      expect(await state()).toBe("active")
      expect(other.runs).toBe(true)
    })
  })

  it("--drain-seconds passed - hands its job back, ends with 1", async () => {
    using folder = new TemporaryFolder()
    await withLongJob(async (keyPrefix, state) => {
      await using worker = await startWorker(folder, keyPrefix, "--drain-seconds", "1")
      await toBeActive(state)
      worker.signal("SIGTERM")
      expect(await worker.exit).toEqual({ code: 1, signal: null })
      expect(await state()).toBe("waiting")
    })
  })
})
