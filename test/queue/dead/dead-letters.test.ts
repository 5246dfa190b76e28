import type { Job } from "bullmq"
import { describe, expect, inject, it } from "vitest"
import { ValenceError } from "../../../src/errors.ts"
import type { Lane } from "../../../src/labeller.ts"
import { DeadLetters } from "../../../src/queue/dead/dead-letters.ts"
import { finishedJobs } from "../../../src/queue/jobs/finished-jobs.ts"
import { JobQueues } from "../../../src/queue/jobs/job-queues.ts"
import type { RedisConnection } from "../../../src/queue/redis/connection.ts"
import { openRedis } from "../../../src/queue/redis/open-redis.ts"
import { plainLabeller } from "../../corpus/plain-labeller.ts"
import { eventually, TestFleet } from "../test-fleet.ts"

const dataOf = (text: string) => ({ v: 1, texts: [{ text }] })
const cause = new ValenceError("job_failed", "it did not work")

/** Buries jobs that are no more in their queue. */
async function buryAll(fleet: TestFleet, ids: readonly string[], lane: Lane = "interactive"): Promise<void> {
  const { queues, deadLetters } = fleet
  for (const id of ids) {
    const job = await queues.of(lane).add("label", dataOf(id), { jobId: id, attempts: 3, backoff: 7 })
    await deadLetters.add(lane, job, cause)
    await job.remove()
  }
}

/** Jobs that a worker failed for good, which lie among the failed ones as well as with the dead letters. */
async function failAll(fleet: TestFleet, ids: readonly string[]): Promise<void> {
  const worker = await fleet.worker({
    labeller: plainLabeller(texts => {
      if (texts[0] !== "Good morning") throw new ValenceError("text_failed", "no label")
    }),
  })
  const { queues } = fleet
  for (const id of ids) await queues.of("interactive").add("label", dataOf(id), { jobId: id })
  await eventually(async () => (await queues.of("interactive").getFailedCount()) === ids.length)
  await worker.close()
}

const stateOf = async ({ queues, redis }: TestFleet, id: string) =>
  (await finishedJobs(redis, queues.keyOf("interactive"), [id], "peek"))[0]?.state

type Send = (command: { readonly name: string }, stream?: unknown) => Promise<unknown>

/** A connection that does to each command what it is told to. */
async function openIntercepted(
  intercept: (send: () => Promise<unknown>, name: string) => Promise<unknown>,
): Promise<RedisConnection> {
  const redis = await openRedis(inject("redisUrl"), 5000)
  const send = redis.sendCommand.bind(redis) as Send
  redis.sendCommand = ((command, stream) =>
    intercept(() => send(command, stream), command.name)) as Send as typeof redis.sendCommand
  return redis
}

describe("DeadLetters", () => {
  describe(".add()", () => {
    it("lays down what was added, and why it failed", async () => {
      await using fleet = await TestFleet.open()
      const before = Date.now()
      await buryAll(fleet, ["one"], "bulk")
      const letter = await fleet.deadLetters.show("valence-bulk.one")
      expect(letter).toEqual({
        id: "valence-bulk.one",
        queue: "valence-bulk",
        job: "one",
        cause: { code: "job_failed", message: "it did not work" },
        attempts: 1,
        failedMs: expect.any(Number),
        data: dataOf("one"),
        options: { attempts: 3, backoff: { type: "fixed", delay: 7 } },
      })
      expect(letter.failedMs).toBeGreaterThanOrEqual(before)
    })

    it("again for the same job - its newer letter takes the place of the old one, as the newest", async () => {
      await using fleet = await TestFleet.open()
      await buryAll(fleet, ["one", "two"])
      const { deadLetters } = fleet
      const job = { id: "one", opts: {}, attemptsMade: 1, data: dataOf("one") } as unknown as Job
      await deadLetters.add("interactive", job, new ValenceError("device_failed", "gone"))
      expect(await deadLetters.count()).toBe(2)
      expect(await deadLetters.list()).toMatchObject([
        { id: "valence.two", attempts: 1 },
        { id: "valence.one", attempts: 2, cause: { code: "device_failed", message: "gone" } },
      ])
    })
  })

  it(".list(), .ids(), .count() - the oldest first, some or all", async () => {
    await using fleet = await TestFleet.open()
    const { deadLetters } = fleet
    expect([await deadLetters.list(), await deadLetters.ids(), await deadLetters.count()]).toEqual([[], [], 0])
    await buryAll(fleet, ["a", "b", "c", "d"])
    expect(await deadLetters.count()).toBe(4)
    expect(await deadLetters.ids()).toEqual(["valence.a", "valence.b", "valence.c", "valence.d"])
    const some = async (...page: [number?, number?]) => (await deadLetters.list(...page)).map(({ job }) => job)
    expect(await some()).toEqual(["a", "b", "c", "d"])
    expect(await some(0, 2)).toEqual(["a", "b"])
    expect(await some(2, 5)).toEqual(["c", "d"])
    expect(await some(1, 0)).toEqual([])
    expect(await some(4)).toEqual([])
  })

  it.each(["show", "retry", "drop"] as const)(".%s() - rejects an id that there is not", async name => {
    await using fleet = await TestFleet.open()
    await expect(fleet.deadLetters[name]("valence.nobody")).rejects.toMatchObject({
      code: "option_invalid",
      message: "no dead letter has the id valence.nobody",
    })
  })

  describe(".retry()", () => {
    it("puts the job back with what it was added with, and the letter away", async () => {
      await using fleet = await TestFleet.open()
      const { queues, deadLetters } = fleet
      const options = { jobId: "one", attempts: 4, backoff: { type: "exponential", delay: 9 }, priority: 6 }
      const job = await queues.of("bulk").add("label", dataOf("good"), options)
      await deadLetters.add("bulk", job, cause)
      await job.remove()
      await deadLetters.retry("valence-bulk.one")
      const again = await queues.of("bulk").getJob("one")
      expect(again).toMatchObject({ name: "label", data: dataOf("good"), attemptsMade: 0, priority: 6 })
      expect(again?.opts).toMatchObject({ attempts: 4, backoff: { type: "exponential", delay: 9 } })
      expect(await deadLetters.count()).toBe(0)
      expect((await fleet.keys()).filter(key => key.startsWith("valence-dead"))).toEqual([])
    })

    it("a job whose id is a number, as other ports give - keeps its id", async () => {
      await using fleet = await TestFleet.open()
      const { queues, deadLetters } = fleet
      const job = await queues.of("interactive").add("label", dataOf("good"))
      expect(job.id).toBe("1")
      await deadLetters.add("interactive", job, cause)
      await job.remove()
      await deadLetters.retry("valence.1")
      expect(await queues.of("interactive").getJob("1")).toMatchObject({ data: dataOf("good") })
    })

    it("a job that lies among the failed ones - waits again", async () => {
      await using fleet = await TestFleet.open()
      await failAll(fleet, ["one"])
      await fleet.deadLetters.retry("valence.one")
      expect(await stateOf(fleet, "one")).toBe("pending")
      expect(await fleet.queues.of("interactive").getFailedCount()).toBe(0)
    })

    it("a job that waits again already - stays as it is", async () => {
      await using fleet = await TestFleet.open()
      const { queues, deadLetters } = fleet
      await buryAll(fleet, ["one"])
      await queues.of("interactive").add("label", dataOf("newer"), { jobId: "one" })
      await deadLetters.retry("valence.one")
      expect(await queues.of("interactive").getJob("one")).toMatchObject({ data: dataOf("newer") })
      expect(await queues.of("interactive").getWaitingCount()).toBe(1)
      expect(await deadLetters.count()).toBe(0)
    })

    it("nobody waits for the job any more - its result is stored", async () => {
      await using fleet = await TestFleet.open()
      await buryAll(fleet, ["one"])
      const producer = await fleet.worker().then(() => fleet.producer())
      await fleet.deadLetters.retry("valence.one")
      await eventually(async () => (await producer.result("one")).state === "completed")
      expect(await producer.result("one")).toMatchObject({ results: [{ label: expect.any(String) }] })
    })

    it("a letter of another queue - rejects, and stays", async () => {
      await using fleet = await TestFleet.open()
      await buryAll(fleet, ["one"])
      const [key, letter] = [`${fleet.keyPrefix}:valence-dead:valence.one`, await fleet.deadLetters.show("valence.one")]
      await fleet.redis.hset(key, "data", JSON.stringify({ ...letter, queue: "mail" }))
      await expect(fleet.deadLetters.retry("valence.one")).rejects.toThrow(
        "dead letter valence.one must be of a queue of Valence; got mail",
      )
      expect(await fleet.deadLetters.count()).toBe(1)
    })

    it("killed between any two commands - the letter or the job is there, and another retry finishes it", async () => {
      await using fleet = await TestFleet.open()
      const ids = Array.from({ length: 12 }, (_, i) => `job-${i}`)
      await failAll(fleet, ids)
      const { deadLetters } = fleet
      let killed = 0
      for (const id of ids) {
        let left = Infinity
        let die = () => {}
        const dead = new Promise<"dead">(resolve => {
          die = () => resolve("dead")
        })
        const redis = await openIntercepted(send => {
          if (left-- > 0) return send()
          die()
          return new Promise(() => {})
        })
        const queues = new JobQueues(redis, fleet.keyPrefix)
        await Promise.all([queues.dead.waitUntilReady(), queues.of("interactive").waitUntilReady()])
        left = killed
        const ended = await Promise.race([new DeadLetters(queues).retry(`valence.${id}`), dead])
        redis.disconnect()
        const hasLetter = (await deadLetters.ids()).includes(`valence.${id}`)
        expect([hasLetter, await stateOf(fleet, id)], `killed at command ${killed}`).not.toEqual([false, "missing"])
        if (hasLetter) await deadLetters.retry(`valence.${id}`)
        expect(await stateOf(fleet, id)).toBe("pending")
        expect(await deadLetters.ids()).not.toContain(`valence.${id}`)
        if (ended !== "dead") break
        killed += 1
      }
      // It reads the letter, removes the failed job, adds it, removes the letter.
      expect(killed).toBeGreaterThanOrEqual(4)
      expect(killed).toBeLessThan(ids.length)
    })

    it("the job fails again before its letter is away - the new letter stays", async () => {
      await using fleet = await TestFleet.open()
      await failAll(fleet, ["one"])
      const { queues, deadLetters } = fleet
      const again = new ValenceError("job_failed", "failed again")
      const redis = await openIntercepted(async (send, name) => {
        const isBack = (await stateOf(fleet, "one")) === "pending"
        const letter = await deadLetters.show("valence.one").catch(() => undefined)
        if (isBack && name.startsWith("eval") && letter?.cause.code === "text_failed")
          await deadLetters.add("interactive", (await queues.of("interactive").getJob("one")) as Job, again)
        return send()
      })
      await new DeadLetters(new JobQueues(redis, fleet.keyPrefix)).retry("valence.one")
      redis.disconnect()
      expect(await deadLetters.list()).toMatchObject([{ id: "valence.one", cause: { message: "failed again" } }])
    })

    it("a job that fails at once in a worker that listens - has a letter again", async () => {
      await using fleet = await TestFleet.open()
      const { queues, deadLetters } = fleet
      await fleet.worker()
      await queues.of("interactive").add("label", { v: 2 }, { jobId: "one" })
      for (let failures = 1; failures <= 5; failures++) {
        await eventually(() => fleet.ended.length === failures)
        expect(await deadLetters.count()).toBe(1)
        await deadLetters.retry("valence.one")
      }
    })
  })

  it(".drop() - throws away the letter and the failed job", async () => {
    await using fleet = await TestFleet.open()
    await failAll(fleet, ["one"])
    await fleet.deadLetters.drop("valence.one")
    expect(await fleet.deadLetters.count()).toBe(0)
    expect(await fleet.keys()).toEqual([])
  })

  describe(".each()", () => {
    it.each([
      ["retry", 40],
      ["drop", 0],
    ] as const)("%s - does all that there are, and says which are not", async (act, waiting) => {
      await using fleet = await TestFleet.open()
      const ids = Array.from({ length: 40 }, (_, i) => `job-${i}`)
      await buryAll(fleet, ids)
      const all = [...(await fleet.deadLetters.ids()), "valence.nobody"]
      const problems = await fleet.deadLetters.each(act, ["valence.no-one", ...all])
      expect(problems.map(({ message }) => message).sort()).toEqual([
        "no dead letter has the id valence.no-one",
        "no dead letter has the id valence.nobody",
      ])
      expect(await fleet.deadLetters.count()).toBe(0)
      expect(await fleet.queues.of("interactive").getWaitingCount()).toBe(waiting)
    })
  })
})
