import { expect, it } from "vitest"
import { completeOptions } from "../../src/declaration.ts"
import { WorkerEmitter } from "../../src/events.ts"
import type { DeadLetters } from "../../src/queue/dead-letters.ts"
import { jobName } from "../../src/queue/names.ts"
import { LaneWorker } from "../../src/worker/lane-worker.ts"
import { workerOptions } from "../../src/worker/options.ts"
import { Replies } from "../../src/worker/replies.ts"
import { plainLabeller } from "../corpus/plain-labeller.ts"
import { eventually, TestFleet } from "../queue/test-fleet.ts"

it.each([
  ["is not JSON", "data", "{", "job_invalid"],
  ["took workers down too often", "defa", "job stalled more than allowable limit", "job_stalled"],
])("a job that %s - its letter is there before its failure is stored", async (_, field, value, code) => {
  await using fleet = await TestFleet.open()
  const { keyPrefix, redis } = fleet
  const queue = fleet.queues.of("bulk")
  await queue.add(jobName, { v: 1, texts: [{ text: "ab" }] }, { jobId: "one" })
  await redis.hset(`${fleet.queues.keyOf("bulk")}:one`, field, value)
  const buried: unknown[] = []
  const deadLetters = {
    async bury(lane, job, cause) {
      buried.push([lane, job.id, cause.code, await queue.getJobState("one")])
    },
  } satisfies Pick<DeadLetters, "bury"> as unknown as DeadLetters
  const labeller = plainLabeller(() => {
    throw new Error("must not be at work")
  })
  const settings = completeOptions(workerOptions, { keyPrefix })
  const replies = new Replies(redis, keyPrefix)
  const worker = new LaneWorker(
    { labeller, redis, settings, deadLetters, replies, events: new WorkerEmitter() },
    "bulk",
    1,
  )
  await worker.start()
  await eventually(async () => (await queue.getJobState("one")) === "failed")
  expect(buried).toEqual([["bulk", "one", code, "active"]])
  await worker.close(false)
})
