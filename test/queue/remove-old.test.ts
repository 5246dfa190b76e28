import { describe, expect, it } from "vitest"
import { jobName } from "../../src/queue/jobs/names.ts"
import { removeOld } from "../../src/queue/jobs/remove-old.ts"
import { skew } from "./skew.ts"
import { eventually, TestFleet } from "./test-fleet.ts"

const hourMs = 3_600_000

describe.each([0, 2 * hourMs, -2 * hourMs])("removeOld() by a clock that is %d ms off", ms => {
  it("removes what is kept no longer by the clock of Redis, and nothing else", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    const queue = fleet.queues.of("bulk")
    await queue.add(jobName, { v: 1, texts: [{ text: "ab" }] }, { jobId: "good" })
    await queue.add(jobName, { v: 2 }, { jobId: "bad" })
    await eventually(() => fleet.ended.length === 2)
    const counts = () => queue.getJobCounts("completed", "failed")
    const hour = hourMs / 1000
    skew(ms)
    await removeOld(queue, fleet.redis, { completed: hour, failed: hour }, 1000)
    expect(await counts()).toEqual({ completed: 1, failed: 1 })
    await eventually(async () => {
      await removeOld(queue, fleet.redis, { completed: 0, failed: hour }, 1000)
      return (await counts())["completed"] === 0
    })
    expect(await counts()).toEqual({ completed: 0, failed: 1 })
    await eventually(async () => {
      await removeOld(queue, fleet.redis, { completed: 0, failed: 0 }, 1000)
      return (await counts())["failed"] === 0
    })
  })
})
