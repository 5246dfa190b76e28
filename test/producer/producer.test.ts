import { describe, expect, it } from "vitest"
import type { Labelled } from "../../src/labeller.ts"
import { keysOf } from "../../src/queue/jobs/names.ts"
import { openRedis } from "../../src/queue/redis/open-redis.ts"
import { plainClassifier } from "../classifier/plain-classifier.ts"
import { plainLabeller } from "../corpus/plain-labeller.ts"
import { eventually, heldLabeller, TestFleet } from "../queue/test-fleet.ts"
import { findRedisBinary } from "../redis/find-redis-binary.ts"
import { startRedisServer } from "../redis/redis-server.ts"

const labelsOf = (results: readonly unknown[]) => results.map(result => (result as Labelled).label)

describe("label()", () => {
  it("texts of several jobs - one result each, in order", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    const producer = await fleet.producer({ jobTexts: 3 })
    const texts = Array.from({ length: 20 }, (_, length) => "x".repeat(length + 1))
    expect(await producer.label(texts, { topK: "all" })).toEqual(await plainLabeller().label(texts, { topK: "all" }))
    await eventually(() => fleet.ended.length >= 7)
    expect(fleet.ended).toHaveLength(7)
  })

  it("nothing is left in Redis, whatever the lane", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    const producer = await fleet.producer()
    await producer.label(["a"])
    await producer.label(["a"], { lane: "bulk", priority: 3 })
    expect(await fleet.keys()).toEqual([])
  })

  it("a text that is none, or fails - has its own error, and its neighbours their labels", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    const producer = await fleet.producer()
    const texts = ["ab", 7 as never, "FAIL", "\ud800", "\0", ""]
    expect(await producer.label(texts)).toMatchObject([
      { label: "POSITIVE" },
      { error: { code: "text_invalid", message: "text must be a string; got number" } },
      { error: { code: "text_failed" } },
      { label: "NEGATIVE" },
      { label: "NEGATIVE" },
      { error: { code: "text_empty" } },
    ])
    expect(await producer.label(["", "ab"], { empty: "label" })).toMatchObject([
      { label: "POSITIVE" },
      { label: "POSITIVE" },
    ])
  })

  it("a long text - windows or its error, as longText says and the worker's classifier does it", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker({ labeller: await plainClassifier() })
    const producer = await fleet.producer()
    const texts = ["+".repeat(1000), "-"]
    const inWindows = { longText: "windows", stride: 8, pooling: "max", topK: "all" } as const
    await using classifier = await plainClassifier()
    expect(await producer.label(texts, inWindows)).toEqual(await classifier.label(texts, inWindows))
    expect(await producer.label(texts, { longText: "error" })).toMatchObject([
      { error: { code: "text_too_long" } },
      { label: "MINUS" },
    ])
  })

  it("how texts are scored is as usual - the job has no options, which workers of any version read", async () => {
    await using fleet = await TestFleet.open()
    const worker = await fleet.worker()
    const producer = await fleet.producer()
    await worker.close()
    const [plain = "", chosen = ""] = [
      ...(await producer.add(["a"], { longText: "truncate", pooling: "weighted" })),
      ...(await producer.add(["a"], { longText: "windows", maxLength: 64 })),
    ]
    const dataOf = async (id: string) => (await fleet.queues.of("interactive").getJob(id))?.data
    expect(await dataOf(plain)).not.toHaveProperty("options")
    expect(await dataOf(chosen)).toMatchObject({ options: { longText: "windows", maxLength: 64 } })
  })

  it("no texts, or none that is one - needs no job", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    const producer = await fleet.producer()
    expect(await producer.label([])).toEqual([])
    expect(await producer.label([null as never])).toMatchObject([{ error: { code: "text_invalid" } }])
    expect(fleet.ended).toEqual([])
  })

  it.each([
    [{ maxLength: 513 }, "maxLength must be a whole number of tokens, 2 to 512 for plain; got 513"],
    [
      { longText: "windows", stride: 257 } as const,
      "stride must be a whole number of tokens, 0 to 256 where maxLength is 512; got 257",
    ],
    [{ timeoutMs: 0 }, "timeoutMs must be a whole number of ms, 1 to 2147483647; got 0"],
    [{ deadlineMs: 0 }, "deadlineMs must be a whole number of ms, 1 to 1099511627776; got 0"],
    [{ priority: 0 }, "priority must be a whole number, 1 to 2097152; got 0"],
    [{ topK: 0 }, 'topK must be a whole number of labels, 1 or more, or "all"; got 0'],
    [{ id: "a b" }, 'id must be 1 to 200 of the characters A-Z a-z 0-9 . _ - and not a number; got "a b"'],
    [
      { colour: 1 } as never,
      "option colour is not known; the options are topK, labels, scoreFunction, maxLength, longText, stride, empty, pooling, lane, id, priority, deadlineMs, timeoutMs, signal, onTimings",
    ],
  ])("%j - option_invalid", async (options, message) => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    const producer = await fleet.producer()
    await expect(producer.label(["a"], options)).rejects.toMatchObject({ code: "option_invalid", message })
  })

  it("timeoutMs passes - timeout, and the job is gone", async () => {
    await using fleet = await TestFleet.open()
    const { labeller, held } = heldLabeller()
    await fleet.worker({ labeller })
    const producer = await fleet.producer()
    await expect(producer.label(["a"], { timeoutMs: 200 })).rejects.toMatchObject({
      code: "timeout",
      message: "label() must end within 200 ms (timeoutMs)",
    })
    expect(held).toEqual([["a"]])
    await eventually(() => fleet.ended.length === 1)
    expect(fleet.ended).toMatchObject([{ outcome: "cancelled" }])
  })

  it("aborted - aborted, and jobs that wait are taken back", async () => {
    await using fleet = await TestFleet.open()
    const worker = await fleet.worker()
    await worker.close()
    const producer = await fleet.producer()
    const stop = new AbortController()
    const labelling = producer.label(["a"], { signal: stop.signal })
    await eventually(async () => (await fleet.keys()).length > 0)
    stop.abort()
    await expect(labelling).rejects.toMatchObject({ code: "aborted" })
    await eventually(async () => (await fleet.keys()).length === 0)
  })

  it("deadlineMs passes before a worker is there - every text expired", async () => {
    await using fleet = await TestFleet.open()
    await (await fleet.worker()).close()
    const producer = await fleet.producer()
    const labelling = producer.label(["a", "b"], { deadlineMs: 1 })
    await eventually(async () => (await fleet.keys()).length > 0)
    await fleet.worker()
    const message = "text must be labelled within 1 ms (deadlineMs); the time has passed"
    expect(await labelling).toEqual(Array(2).fill({ error: { code: "expired", message } }))
    await eventually(() => fleet.ended.length >= 1)
    expect(fleet.ended).toMatchObject([{ outcome: "expired", texts: 2 }])
  })

  it("timeoutMs passes while it waits to be admitted - timeout, and close() does not hang", async () => {
    await using fleet = await TestFleet.open()
    await (await fleet.worker()).close()
    const producer = await fleet.producer({ maxWaitingTexts: 4, jobTexts: 4 })
    await producer.add(Array(4).fill("a"))
    await expect(producer.label(["b"], { timeoutMs: 50 })).rejects.toMatchObject({ code: "timeout" })
    await producer.close()
  })

  it("timeouts at any moment - leave nothing in Redis", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    const producer = await fleet.producer()
    const calls = Array.from({ length: 200 }, (_, call) => producer.label(["a"], { timeoutMs: 1 + (call % 40) }))
    await Promise.allSettled(calls)
    await eventually(async () => (await fleet.keys()).length === 0)
  })

  it("after a timeout, the same named call - is labelled", async () => {
    await using fleet = await TestFleet.open()
    const { labeller, held } = heldLabeller()
    const slow = await fleet.worker({ labeller })
    const producer = await fleet.producer()
    await expect(producer.label(["ab"], { id: "order-1", timeoutMs: 200 })).rejects.toMatchObject({ code: "timeout" })
    expect(held).toHaveLength(1)
    await eventually(() => fleet.ended.length === 1)
    await slow.close()
    await fleet.worker()
    expect(labelsOf(await producer.label(["ab"], { id: "order-1" }))).toEqual(["POSITIVE"])
  })

  it("bulk texts fill Redis - interactive calls go on", async () => {
    await using fleet = await TestFleet.open()
    await (await fleet.worker()).close()
    const producer = await fleet.producer({ maxWaitingTexts: 4, whenFull: "reject" })
    await producer.add(Array(4).fill("a"), { lane: "bulk" })
    await expect(producer.add(["a"], { lane: "bulk" })).rejects.toMatchObject({ code: "queue_full" })
    expect(await producer.add(["a"])).toHaveLength(1)
  })

  it("add() that is rejected in its middle - takes back what it added", async () => {
    await using fleet = await TestFleet.open()
    await (await fleet.worker()).close()
    const producer = await fleet.producer({ maxWaitingTexts: 32, whenFull: "reject", jobTexts: 2 })
    await expect(producer.add(Array(100).fill("a"))).rejects.toMatchObject({ code: "queue_full" })
    await eventually(async () => (await fleet.keys()).length === 0)
  })

  it("one job of several fails for good - rejects with its cause, and takes the others back", async () => {
    await using fleet = await TestFleet.open()
    const labeller = plainLabeller(texts => {
      if (texts.includes("bad")) throw new TypeError("cannot")
    })
    await fleet.worker({ labeller, options: { concurrency: 1 } })
    const producer = await fleet.producer({ jobTexts: 1, attempts: 1 })
    await expect(producer.label(["bad", ...Array(50).fill("a")])).rejects.toMatchObject({
      code: "job_failed",
      message: "labelling failed: TypeError: cannot",
    })
    await eventually(async () => (await fleet.keys()).every(key => !/^valence:(?:wait|active)$/.test(key)))
    expect(fleet.ended.length).toBeLessThan(51)
  })

  it("a job that Redis lost - is added again", async () => {
    await using fleet = await TestFleet.open()
    await (await fleet.worker()).close()
    const producer = await fleet.producer({ pollMs: 50 })
    const labelling = producer.label(["ab"])
    await eventually(async () => (await fleet.keys()).length > 0)
    await fleet.redis.del(...(await fleet.keys()).map(key => `${fleet.keyPrefix}:${key}`))
    await fleet.worker()
    expect(labelsOf(await labelling)).toEqual(["POSITIVE"])
  })

  it("another model came - model_changed", async () => {
    await using fleet = await TestFleet.open()
    await (await fleet.worker()).close()
    const producer = await fleet.producer()
    await fleet.worker({ labeller: plainLabeller(undefined, { revision: "r2" }) })
    await expect(producer.label(["a"], { id: "run-1" })).rejects.toMatchObject({
      code: "model_changed",
      message:
        "workers must label with plain none r1, the model when the producer began; job run-1 was labelled with plain none r2",
    })
    expect(await fleet.keys()).toEqual([])
  })
})

describe("label() with an id", () => {
  it("the same call again - is not labelled again, until it is released", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    const first = await fleet.producer()
    const results = await first.label(["ab", "c"], { id: "run-1", lane: "bulk" })
    const second = await fleet.producer()
    expect(await second.label(["ab", "c"], { id: "run-1", lane: "bulk" })).toEqual(results)
    await eventually(() => fleet.ended.length >= 1)
    expect(fleet.ended).toHaveLength(1)
    await second.release(["run-1"])
    expect(await fleet.keys()).toEqual([])
    await second.label(["ab", "c"], { id: "run-1", lane: "bulk" })
    await eventually(() => fleet.ended.length >= 2)
    expect(fleet.ended).toHaveLength(2)
  })

  it("a producer that was started again - adopts what its jobs come to", async () => {
    await using fleet = await TestFleet.open()
    const { labeller, held, letGo } = heldLabeller()
    await fleet.worker({ labeller })
    const gone = await fleet.producer()
    const lost = gone.label(["ab"], { id: "run-1" })
    await eventually(() => held.length === 1)
    const again = await fleet.producer()
    const labelling = again.label(["ab"], { id: "run-1" })
    letGo()
    expect(await labelling).toEqual(await lost)
    expect(held).toHaveLength(1)
  })

  it("a job that failed before - is tried again", async () => {
    await using fleet = await TestFleet.open()
    let broken = true
    const labeller = plainLabeller(() => {
      if (broken) throw new Error("broken")
    })
    broken = false
    await fleet.worker({ labeller })
    broken = true
    const producer = await fleet.producer({ attempts: 1 })
    await expect(producer.label(["a"], { id: "run-1" })).rejects.toMatchObject({ code: "job_failed" })
    broken = false
    expect(labelsOf(await producer.label(["a"], { id: "run-1" }))).toEqual(["NEGATIVE"])
  })
})

describe("add(), result(), results()", () => {
  it("a job's way - waiting, active, completed", async () => {
    await using fleet = await TestFleet.open()
    const { labeller, held, letGo } = heldLabeller()
    const worker = await fleet.worker({ labeller })
    await worker.close()
    const producer = await fleet.producer()
    const [id = ""] = await producer.add(["ab"])
    expect(await producer.result(id)).toEqual({ id, state: "waiting" })
    await fleet.worker({ labeller })
    await eventually(() => held.length === 1)
    expect(await producer.result(id)).toEqual({ id, state: "active" })
    letGo()
    await eventually(async () => (await producer.result(id)).state === "completed")
    expect(await producer.result(id)).toEqual({
      id,
      state: "completed",
      results: await plainLabeller().label(["ab"]),
      model: { name: "plain", revision: "r1", dtype: "none" },
      timings: { queueMs: expect.any(Number), labelMs: expect.any(Number) },
    })
  })

  it("results() - each job once, whatever its end, and those that are not there", async () => {
    await using fleet = await TestFleet.open()
    const labeller = plainLabeller(texts => {
      if (texts.includes("bad")) throw new Error("cannot")
    })
    await fleet.worker({ labeller })
    const producer = await fleet.producer({ jobTexts: 1, attempts: 1 })
    const ids = await producer.add(["ab", "bad", "c"])
    const ends = new Map<string, string>()
    for await (const { id, state } of producer.results([...ids, "nobody", ids[0] as string])) {
      expect(ends.has(id)).toBe(false)
      ends.set(id, state)
    }
    expect([...ids, "nobody"].map(id => ends.get(id))).toEqual(["completed", "failed", "completed", "missing"])
  })

  it("nobody says that a job is finished - it is found by looking", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    const producer = await fleet.producer({ pollMs: 50 })
    const { id = "" } = await fleet.queues.of("interactive").add("label", { v: 1, texts: [{ text: "ab" }] })
    for await (const status of producer.results([id]))
      expect(status).toMatchObject({ id, state: "completed", results: [{ label: "POSITIVE" }] })
  })

  it("add() with an id, again - adds nothing", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    const producer = await fleet.producer()
    expect(await producer.add(["a"], { id: "mine" })).toEqual(["mine"])
    await eventually(async () => (await producer.result("mine")).state === "completed")
    expect(await producer.add(["a"], { id: "mine" })).toEqual(["mine"])
    await eventually(() => fleet.ended.length >= 1)
    expect(fleet.ended).toHaveLength(1)
  })

  it("add() of something that is no text - text_invalid, and nothing is added", async () => {
    await using fleet = await TestFleet.open()
    await (await fleet.worker()).close()
    const producer = await fleet.producer()
    await expect(producer.add(["a", 7 as never])).rejects.toMatchObject({ code: "text_invalid" })
    expect(await fleet.keys()).toEqual([])
  })

  it("so many texts wait, whenFull reject - queue_full", async () => {
    await using fleet = await TestFleet.open()
    await (await fleet.worker()).close()
    const producer = await fleet.producer({ maxWaitingTexts: 32, whenFull: "reject", jobTexts: 4 })
    // One after the other: what is on its way may be counted twice.
    for (let job = 0; job < 8; job += 1) await producer.add(Array(4).fill("a"))
    await expect(producer.add(["a"])).rejects.toMatchObject({ code: "queue_full" })
    // Not this producer's jobs alone: everybody's count.
    const other = await fleet.producer({ maxWaitingTexts: 32, whenFull: "reject" })
    await expect(other.add(["a"])).rejects.toMatchObject({ code: "queue_full" })
  })

  it("so many texts wait - add() returns when a worker took some", async () => {
    await using fleet = await TestFleet.open()
    await (await fleet.worker()).close()
    const producer = await fleet.producer({ maxWaitingTexts: 16, jobTexts: 4 })
    await producer.add(Array(16).fill("a"))
    let added = false
    const adding = producer.add(["a"]).then(ids => {
      added = true
      return ids
    })
    await new Promise(resolve => setTimeout(resolve, 150))
    expect(added).toBe(false)
    await fleet.worker()
    expect(await adding).toHaveLength(1)
  })
})

describe("cancel()", () => {
  it("a job that waits - is gone", async () => {
    await using fleet = await TestFleet.open()
    await (await fleet.worker()).close()
    const producer = await fleet.producer()
    const [id = ""] = await producer.add(["a"], { lane: "bulk" })
    expect(await producer.cancel(id)).toBe(true)
    expect(await producer.result(id)).toEqual({ id, state: "missing" })
    expect(await producer.cancel(id)).toBe(false)
  })

  it("a job at work - is dropped, and says so", async () => {
    await using fleet = await TestFleet.open()
    const { labeller, held } = heldLabeller()
    const worker = await fleet.worker({ labeller })
    const producer = await fleet.producer()
    const [id = ""] = await producer.add(["a"])
    await eventually(() => held.length === 1)
    expect(await producer.cancel(id)).toBe(true)
    await eventually(async () => (await producer.result(id)).state === "failed")
    expect(await producer.result(id)).toMatchObject({ error: { code: "cancelled", message: "the job was cancelled" } })
    expect(
      JSON.parse((await fleet.redis.hget(`${fleet.queues.keyOf("interactive")}:${id}`, "data")) ?? ""),
    ).toMatchObject({
      texts: [],
    })
    expect(await fleet.deadLetters.count()).toBe(0)
    expect(await producer.cancel(id)).toBe(false)
    // It goes by itself after some seconds, or with its worker.
    await worker.close()
    expect(await producer.result(id)).toMatchObject({ state: "missing" })
  })
})

describe("discard()", () => {
  it("jobs that wait, are at work, have ended, and are none - are missing from now on, and leave nothing", async () => {
    await using fleet = await TestFleet.open()
    const { labeller, held, letGo } = heldLabeller()
    await fleet.worker({ labeller, options: { concurrency: 1 } })
    const producer = await fleet.producer()
    const [atWork = ""] = await producer.add(["a"])
    await eventually(() => held.length === 1)
    const [waiting = ""] = await producer.add(["b"])
    const others = producer.results([atWork, waiting])
    expect(await producer.discard([atWork, waiting, "none"])).toBe(true)
    for (const id of [atWork, waiting]) expect(await producer.result(id)).toEqual({ id, state: "missing" })
    expect(await producer.discard([atWork, waiting])).toBe(false)
    letGo()
    for await (const { state } of others) expect(["missing", "failed"]).toContain(state)
    const [ended = ""] = await producer.add(["c"])
    await eventually(async () => (await producer.result(ended)).state === "completed")
    expect(await producer.discard([ended])).toBe(true)
    await eventually(async () => (await fleet.keys()).length === 0)
  })
})

describe("close()", () => {
  it("waits for calls under way, and takes no more", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    const producer = await fleet.producer()
    const labelling = producer.label(["ab"])
    await producer.close()
    await producer.close()
    expect(labelsOf(await labelling)).toEqual(["POSITIVE"])
    await expect(producer.label(["a"])).rejects.toMatchObject({ code: "closed" })
    await expect(producer.add(["a"])).rejects.toMatchObject({ code: "closed" })
    await expect(producer.result("a")).rejects.toMatchObject({ code: "closed" })
  })
})

describe("createProducer()", () => {
  it("nobody ever worked - no_worker", async () => {
    await using fleet = await TestFleet.open()
    await expect(fleet.producer({ workerWaitMs: 1 })).rejects.toMatchObject({
      code: "no_worker",
      message: `no worker has ever started under the key prefix ${fleet.keyPrefix}; start one: valence work --key-prefix ${fleet.keyPrefix}`,
    })
  })

  it.skipIf(!findRedisBinary())(
    "nobody ever worked, and Redis takes no writes - no_worker, not Redis's refusal",
    async () => {
      await using server = await startRedisServer()
      await using fleet = await TestFleet.open(server.url)
      await fleet.redis.config("SET", "maxmemory", "1")
      await expect(fleet.producer({ workerWaitMs: 1 })).rejects.toMatchObject({ code: "no_worker" })
    },
  )

  it("the first worker comes a little later - is waited for", async () => {
    await using fleet = await TestFleet.open()
    const producing = fleet.producer()
    await fleet.worker()
    expect((await producing).model).toMatchObject({ name: "plain", revision: "r1" })
  })

  it("its replies are its own: nothing of other producers' reaches it", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    const [mine, others] = [await fleet.producer(), await fleet.producer()]
    const listener = await openRedis(fleet.url, 5000)
    const channels: string[] = []
    listener.on("pmessage", (_pattern: string, channel: string) => channels.push(channel))
    await listener.psubscribe(`${keysOf(fleet.keyPrefix).reply("").replace(/[{}]/g, "?")}*`)
    await mine.label(["a"])
    await others.label(["a"])
    await eventually(() => channels.length === 2)
    expect(new Set(channels).size).toBe(2)
    listener.disconnect()
  })
})
