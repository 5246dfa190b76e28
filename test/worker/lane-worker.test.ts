import { expect, it } from "vitest"
import { completeOptions } from "../../src/declaration.ts"
import { WorkerEmitter } from "../../src/events.ts"
import { DeadLetters } from "../../src/queue/dead/dead-letters.ts"
import { JobQueues } from "../../src/queue/jobs/job-queues.ts"
import { jobName } from "../../src/queue/jobs/names.ts"
import { RedisHealth } from "../../src/queue/jobs/redis-health.ts"
import { type LaneContext, LaneWorker } from "../../src/worker/lane-worker.ts"
import { workerOptions } from "../../src/worker/options.ts"
import { Replies } from "../../src/worker/replies.ts"
import { plainLabeller } from "../corpus/plain-labeller.ts"
import { eventually, TestFleet } from "../queue/test-fleet.ts"

/** A worker of the bulk lane. */
function laneWorker({ keyPrefix, redis }: TestFleet, more: Partial<LaneContext> = {}): LaneWorker {
  const queues = new JobQueues(redis, keyPrefix)
  const context: LaneContext = {
    labeller: plainLabeller(),
    queues,
    health: new RedisHealth(queues),
    settings: completeOptions(workerOptions, { keyPrefix }),
    deadLetters: new DeadLetters(queues),
    replies: new Replies(redis, keyPrefix),
    events: new WorkerEmitter(),
    ...more,
  }
  return new LaneWorker(context, "bulk", 1)
}

it("closed while it stops taking jobs - has no connection of its own in the end", async () => {
  await using fleet = await TestFleet.open()
  const worker = laneWorker(fleet)
  await worker.start()
  const clients = async () => String(await fleet.redis.client("LIST"))
  expect(await clients()).toContain(` name=${fleet.keyPrefix}:`)
  const stopped = worker.stopTaking()
  await worker.close(true)
  await stopped
  // Redis notices a moment later.
  await eventually(async () => !(await clients()).includes(` name=${fleet.keyPrefix}:`))
})

it.each([
  ["is not JSON", "data", "{", "job_invalid"],
  ["took workers down too often", "defa", "job stalled more than allowable limit", "job_stalled"],
])("a job that %s - its letter is there before its failure is stored", async (_, field, value, code) => {
  await using fleet = await TestFleet.open()
  const queue = fleet.queues.of("bulk")
  await queue.add(jobName, { v: 1, texts: [{ text: "ab" }] }, { jobId: "one" })
  await fleet.redis.hset(`${fleet.queues.keyOf("bulk")}:one`, field, value)
  const buried: unknown[] = []
  const deadLetters = {
    async add(lane, job, cause) {
      buried.push([lane, job.id, cause.code, await queue.getJobState("one")])
    },
  } satisfies Pick<DeadLetters, "add"> as unknown as DeadLetters
  const labeller = plainLabeller(() => {
    throw new Error("must not be at work")
  })
  const worker = laneWorker(fleet, { labeller, deadLetters })
  await worker.start()
  await eventually(async () => (await queue.getJobState("one")) === "failed")
  expect(buried).toEqual([["bulk", "one", code, "active"]])
  await worker.close(false)
})
