import { describe, expect, it } from "vitest"
import { ValenceError } from "../../src/errors.ts"
import { jobName } from "../../src/queue/jobs/names.ts"
import { plainLabeller } from "../corpus/plain-labeller.ts"
import { eventually, heldLabeller, TestFleet } from "../queue/test-fleet.ts"

const single = (text: string) => ({ v: 1, texts: [{ text }] })

describe("createWorker()", () => {
  it("a job of another language's port - is labelled, ids and all", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    const queue = fleet.queues.of("bulk")
    const job = await queue.add("anything", {
      v: 1,
      texts: [
        { id: "x", text: "ab" },
        { id: "y", text: "FAIL" },
      ],
    })
    await eventually(async () => (await job.getState()) === "completed")
    expect((await queue.getJob(job.id as string))?.returnvalue).toEqual({
      v: 1,
      model: { name: "plain", revision: "r1", dtype: "none" },
      results: [
        { id: "x", ...(await plainLabeller().label(["ab"]))[0] },
        { id: "y", error: { code: "text_failed", message: "cannot label 4 characters" } },
      ],
      timings: { queueMs: expect.any(Number), labelMs: expect.any(Number) },
    })
    await eventually(() => fleet.ended.length >= 1)
    expect(fleet.ended).toMatchObject([{ lane: "bulk", outcome: "completed", texts: 2, failedTexts: 1 }])
  })

  it("hands the labeller a job's lane and options", async () => {
    await using fleet = await TestFleet.open()
    const calls: unknown[] = []
    await fleet.worker({ labeller: plainLabeller((texts, { signal: _, ...options }) => calls.push([texts, options])) })
    const options = { topK: 2, scoreFunction: "none", maxLength: 9 }
    await fleet.queues.of("bulk").add(jobName, { ...single("ab"), options })
    await eventually(() => fleet.ended.length === 1)
    expect(calls).toEqual([
      [["Good morning"], {}],
      [["ab"], { ...options, lane: "bulk" }],
    ])
  })

  it("a malformed job - goes to the dead letters at once, and says what is wrong", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    const job = await fleet.queues.of("interactive").add(jobName, { v: 1, text: "ab" }, { attempts: 5 })
    await eventually(() => fleet.ended.length === 1)
    expect(fleet.ended).toMatchObject([{ outcome: "dead", texts: 0 }])
    expect(await fleet.deadLetters.list()).toMatchObject([
      {
        queue: "valence",
        job: job.id,
        cause: { code: "job_invalid", message: 'job must have a property "texts"' },
        attempts: 1,
        data: { v: 1, text: "ab" },
        options: { attempts: 5 },
      },
    ])
  })

  it("a job that is not JSON - goes to the dead letters as it is, and its neighbours are labelled", async () => {
    await using fleet = await TestFleet.open()
    const queue = fleet.queues.of("interactive")
    for (const jobId of ["before", "broken", "after"]) await queue.add(jobName, single("ab"), { jobId })
    await fleet.redis.hset(`${fleet.keyPrefix}:valence:broken`, "data", '{"v":1')
    // One at a time: each job is taken as the one before it is stored.
    await fleet.worker({ options: { concurrency: 1 } })
    await eventually(() => fleet.ended.length === 3)
    expect(fleet.ended.map(({ outcome }) => outcome)).toEqual(["completed", "dead", "completed"])
    expect(await fleet.deadLetters.list()).toMatchObject([
      {
        job: "broken",
        cause: { code: "job_invalid", message: String.raw`job must be JSON; got "{\"v\":1"` },
        data: '{"v":1',
      },
    ])
    expect(await queue.getJobCounts("active", "wait", "failed")).toEqual({ active: 0, wait: 0, failed: 1 })
  })

  it("what may pass - is tried again after a backoff, and comes right", async () => {
    await using fleet = await TestFleet.open()
    let failures = 2
    const labeller = plainLabeller(texts => {
      if (texts[0] === "ab" && failures-- > 0) throw new ValenceError("device_failed", "it died")
    })
    await fleet.worker({ labeller })
    const backoff = { type: "exponential", delay: 5 }
    await fleet.queues.of("interactive").add(jobName, single("ab"), { attempts: 5, backoff })
    await eventually(() => fleet.ended.length === 3)
    expect(fleet.ended.map(({ outcome }) => outcome)).toEqual(["retried", "retried", "completed"])
    expect(await fleet.deadLetters.count()).toBe(0)
  })

  it("a single text failed of what may pass - the whole job is tried again", async () => {
    await using fleet = await TestFleet.open()
    let broken = true
    const labeller = plainLabeller()
    const label: typeof labeller.label = async (texts, options) => {
      const results = await plainLabeller().label(texts, options)
      if (!broken || texts[0] === "Good morning") return results
      broken = false
      return [{ error: { code: "device_failed", message: "it died" } }, ...results.slice(1)]
    }
    await fleet.worker({ labeller: { ...labeller, label } })
    const producer = await fleet.producer()
    expect(await producer.label(["ab", "c"])).toEqual(await plainLabeller().label(["ab", "c"]))
    await eventually(() => fleet.ended.length >= 2)
    expect(fleet.ended.map(({ outcome }) => outcome)).toEqual(["retried", "completed"])
  })

  it("attempts used up - a dead letter with cause and attempts", async () => {
    await using fleet = await TestFleet.open()
    const labeller = plainLabeller(texts => {
      if (texts[0] === "ab") throw new ValenceError("run_timeout", "it hung")
    })
    await fleet.worker({ labeller })
    const producer = await fleet.producer({ attempts: 3 })
    await expect(producer.label(["ab"])).rejects.toMatchObject({ code: "run_timeout", message: "it hung" })
    expect(await fleet.deadLetters.list()).toMatchObject([
      { attempts: 3, cause: { code: "run_timeout", message: "it hung" }, data: { texts: [{ text: "ab" }] } },
    ])
    await eventually(() => fleet.ended.length >= 3)
    expect(fleet.ended.map(({ outcome }) => outcome)).toEqual(["retried", "retried", "dead"])
  })

  it("options that the model has no use for - the job is dead, not tried again", async () => {
    await using fleet = await TestFleet.open()
    const labeller = plainLabeller((_, { maxLength }) => {
      if (maxLength === 9999) throw new ValenceError("option_invalid", "maxLength must be smaller")
    })
    await fleet.worker({ labeller })
    await fleet.queues
      .of("interactive")
      .add(jobName, { ...single("ab"), options: { maxLength: 9999 } }, { attempts: 5 })
    await eventually(() => fleet.ended.length === 1)
    expect(fleet.ended).toMatchObject([{ outcome: "dead" }])
  })

  it("a job that took workers down too often - is dead, without being at work again", async () => {
    await using fleet = await TestFleet.open()
    const { labeller, held } = heldLabeller()
    const frozen = await fleet.worker({ labeller, options: { lockMs: 200, stalledCheckMs: 50 } })
    // As if its process were frozen: it renews nothing.
    const queue = fleet.queues.of("interactive")
    const job = await queue.add(jobName, single("ab"))
    await eventually(() => held.length === 1)
    await fleet.redis.del(`${fleet.keyPrefix}:valence:${job.id}:lock`)
    await fleet.redis.hset(`${fleet.keyPrefix}:valence:${job.id}`, "stc", "99")
    await fleet.worker({ options: { maxStalled: 0, stalledCheckMs: 50 } })
    await eventually(async () => (await fleet.deadLetters.count()) === 1)
    expect(await fleet.deadLetters.list()).toMatchObject([{ cause: { code: "job_stalled" }, attempts: 1 }])
    await frozen.drain(AbortSignal.abort())
  })

  it("the canary text gets no label - device_failed, and no job is taken", async () => {
    await using fleet = await TestFleet.open()
    const labeller = {
      ...plainLabeller(),
      label: async () => [{ error: { code: "device_failed", message: "it died" } }],
    }
    await expect(fleet.worker({ labeller })).rejects.toMatchObject({
      code: "device_failed",
      message: "canary text must get a label; got it died",
    })
  })

  it("nobody listens there - redis_failed", async () => {
    await using fleet = await TestFleet.open()
    const options = { connectTimeoutMs: 300 }
    await expect(fleet.worker({ redis: "redis://:secret@127.0.0.1:1", options })).rejects.toMatchObject({
      code: "redis_failed",
      message: expect.stringMatching(/^Redis must answer at redis:\/\/127\.0\.0\.1:1; got connect ECONNREFUSED/),
    })
  })
})

describe("ready", () => {
  it("until it drains", async () => {
    await using fleet = await TestFleet.open()
    const worker = await fleet.worker()
    expect([worker.ready, await worker.problem()]).toEqual([true, undefined])
    await worker.drain()
    expect([worker.ready, worker.state]).toEqual([false, "draining"])
  })

  it("not when its devices are lost", async () => {
    await using fleet = await TestFleet.open()
    const worker = await fleet.worker()
    worker.events.emit("devicesLost", { error: new Error("gone") })
    expect([worker.ready, worker.state]).toEqual([false, "no device is left"])
  })
})

describe("drain()", () => {
  it("takes no more, and finishes what is at work", async () => {
    await using fleet = await TestFleet.open()
    const { labeller, held, letGo } = heldLabeller()
    const worker = await fleet.worker({ labeller, options: { concurrency: 1 } })
    const producer = await fleet.producer()
    const [first = "", second = ""] = [...(await producer.add(["a"])), ...(await producer.add(["b"]))]
    await eventually(() => held.length === 1)
    const draining = worker.drain()
    letGo()
    expect(await draining).toBe("drained")
    expect((await producer.result(first)).state).toBe("completed")
    expect((await producer.result(second)).state).toBe("waiting")
  })

  it.each([
    ["its time has passed", { drainSeconds: 0 }, undefined],
    ["it must hurry", {}, AbortSignal.abort()],
  ])("%s - gives back at once what is at work, in front of what waits", async (_, options, hurry) => {
    await using fleet = await TestFleet.open()
    const { labeller, held } = heldLabeller()
    const worker = await fleet.worker({ labeller, options: { concurrency: 1, ...options } })
    const producer = await fleet.producer()
    const labelling = producer.label(["ab"])
    await eventually(() => held.length === 1)
    const later = producer.label(["c"])
    expect(await worker.drain(hurry)).toBe("handed_back")
    await worker.close()
    await eventually(() => fleet.ended.length >= 1)
    expect(fleet.ended).toMatchObject([{ outcome: "handed_back" }])
    const taken: string[] = []
    await fleet.worker({ labeller: plainLabeller(texts => void taken.push(...texts)), options: { concurrency: 1 } })
    await Promise.all([labelling, later])
    expect(taken).toEqual(["Good morning", "ab", "c"])
  })
})

describe("what is kept", () => {
  it("results that nobody took - are gone after keepResultSeconds, when another job finishes", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker({ options: { keepResultSeconds: 1 } })
    const queue = fleet.queues.of("interactive")
    const job = await queue.add(jobName, single("ab"))
    await eventually(() => fleet.ended.length === 1)
    await fleet.redis.zadd(`${fleet.keyPrefix}:valence:completed`, Date.now() - 2000, job.id as string)
    await queue.add(jobName, single("c"))
    await eventually(() => fleet.ended.length === 2)
    expect(await queue.getJob(job.id as string)).toBeUndefined()
  })
})
