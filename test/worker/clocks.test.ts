import { describe, expect, it } from "vitest"
import { ValenceError } from "../../src/errors.ts"
import { finishedJobs } from "../../src/queue/jobs/finished-jobs.ts"
import { jobName } from "../../src/queue/jobs/names.ts"
import { redisTimeMs } from "../../src/queue/redis/adapt-scripts.ts"
import { plainLabeller } from "../corpus/plain-labeller.ts"
import { skew } from "../queue/skew.ts"
import { eventually, TestFleet } from "../queue/test-fleet.ts"

const hourMs = 3_600_000

const data = { v: 1, texts: [{ text: "ab" }] }

async function standing(fleet: TestFleet, id: string) {
  const [found] = await finishedJobs(fleet.redis, fleet.queues.keyOf("interactive"), [id], "peek")
  return found?.state
}

describe.each([2 * hourMs, -2 * hourMs])("a worker and a producer whose clock is %d ms off", ms => {
  it("write the time of Redis", async () => {
    await using fleet = await TestFleet.open()
    skew(ms)
    await fleet.worker()
    await fleet.queues.of("interactive").add(jobName, data, { jobId: "a" })
    await fleet.queues.of("interactive").add(jobName, data, { jobId: "b", priority: 3 })
    await eventually(() => fleet.ended.length === 2)
    const nowMs = await redisTimeMs(fleet.redis)
    for (const id of ["a", "b"])
      for (const field of ["timestamp", "processedOn", "finishedOn"]) {
        const time = Number(await fleet.redis.hget(`${fleet.queues.keyOf("interactive")}:${id}`, field))
        expect(Math.abs(time - nowMs)).toBeLessThan(hourMs)
      }
    expect(fleet.ended.every(({ queueSeconds }) => queueSeconds < 3600)).toBe(true)
  })

  it("a job with a deadline that another producer added - is labelled in time", async () => {
    await using fleet = await TestFleet.open()
    await fleet.queues.of("interactive").add(jobName, { ...data, deadlineMs: 600_000 }, { jobId: "a" })
    skew(ms)
    await fleet.worker()
    await eventually(() => fleet.ended.length === 1)
    expect(fleet.ended).toMatchObject([{ outcome: "completed" }])
  })

  it("a deadline of its own producer that a right worker sees - is labelled in time", async () => {
    await using fleet = await TestFleet.open()
    skew(ms)
    await fleet.queues.of("interactive").add(jobName, { ...data, deadlineMs: 600_000 }, { jobId: "a" })
    skew(0)
    await fleet.worker()
    await eventually(() => fleet.ended.length === 1)
    expect(fleet.ended).toMatchObject([{ outcome: "completed" }])
  })

  it("keeps the results of others", async () => {
    await using fleet = await TestFleet.open()
    const right = await fleet.worker()
    await fleet.queues.of("interactive").add(jobName, data, { jobId: "theirs" })
    await eventually(() => fleet.ended.length === 1)
    await right.close()
    skew(ms)
    await fleet.worker({ options: { keepResultSeconds: 1800 } })
    for (const id of ["a", "b", "c"]) await fleet.queues.of("interactive").add(jobName, data, { jobId: id })
    await eventually(() => fleet.ended.length === 4)
    expect(await standing(fleet, "theirs")).toBe("completed")
  })

  it("a job that fails with what may pass - is tried again when its back-off is over", async () => {
    await using fleet = await TestFleet.open()
    let calls = 0
    const labeller = plainLabeller(([text]) => {
      if (text === "ab" && ++calls === 1) throw new ValenceError("device_failed", "once")
    })
    skew(ms)
    await fleet.worker({ labeller })
    const backoff = { type: "fixed", delay: 300 }
    await fleet.queues.of("interactive").add(jobName, data, { jobId: "a", attempts: 2, backoff })
    await eventually(() => fleet.ended.length === 2)
    expect(fleet.ended.map(({ outcome }) => outcome)).toEqual(["retried", "completed"])
  })
})
