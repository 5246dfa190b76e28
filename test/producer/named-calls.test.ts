import { describe, expect, it } from "vitest"
import type { Producer } from "../../src/producer/producer.ts"
import { plainLabeller } from "../corpus/plain-labeller.ts"
import { eventually, heldLabeller, TestFleet } from "../queue/test-fleet.ts"

describe("label() with an id", () => {
  it("of several jobs, and released - leaves nothing in Redis", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    const producer = await fleet.producer({ jobTexts: 2 })
    const texts = ["a", "bc", "d", "ef", "g"]
    expect(await producer.label(texts, { id: "run-1" })).toEqual(await plainLabeller().label(texts))
    await eventually(() => fleet.ended.length >= 3)
    expect(fleet.ended).toHaveLength(3)
    await producer.release(["run-1"])
    expect(await fleet.keys()).toEqual([])
  })

  it("was aborted at work, made again - is labelled", async () => {
    await using fleet = await TestFleet.open()
    const { labeller, held, letGo } = heldLabeller()
    await fleet.worker({ labeller })
    const producer = await fleet.producer()
    const stop = new AbortController()
    const aborted = producer.label(["a"], { id: "run-1", signal: stop.signal })
    await eventually(() => held.length === 1)
    stop.abort()
    await expect(aborted).rejects.toMatchObject({ code: "aborted" })
    await eventually(() => fleet.ended.length === 1)
    expect(fleet.ended).toMatchObject([{ outcome: "cancelled" }])
    letGo()
    expect(await producer.label(["a"], { id: "run-1" })).toMatchObject([{ label: "NEGATIVE" }])
  })

  it("expired, made again - is labelled", async () => {
    await using fleet = await TestFleet.open()
    const { labeller, letGo } = heldLabeller()
    await fleet.worker({ labeller })
    const producer = await fleet.producer()
    expect(await producer.label(["a"], { id: "run-1", deadlineMs: 50 })).toMatchObject([{ error: { code: "expired" } }])
    letGo()
    expect(await producer.label(["a"], { id: "run-1" })).toMatchObject([{ label: "NEGATIVE" }])
  })
})

describe("an id that was used before", () => {
  const message =
    'id "mine" was used before for other texts or options, and Redis still has its job mine; choose another id, or discard(["mine"]) first'

  it.each([
    ["other texts", ["b"], {}],
    ["other options", ["a"], { topK: 1 }],
    ["other texts in the other lane", ["b"], { lane: "bulk" } as const],
  ])("for %s - add() and label() refuse it: job_conflict", async (_, texts, options) => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    const producer = await fleet.producer()
    expect(await producer.add(["a"], { id: "mine" })).toEqual(["mine"])
    await eventually(() => fleet.ended.length === 1)
    const refused = { code: "job_conflict", message }
    await expect(producer.add(texts, { ...options, id: "mine" })).rejects.toMatchObject(refused)
    await expect(producer.label(texts, { ...options, id: "mine" })).rejects.toMatchObject(refused)
    await producer.discard(["mine"])
    expect(await producer.label(texts, { ...options, id: "mine" })).toMatchObject([{ label: expect.any(String) }])
  })

  it("for the same texts and options - add() and label() take it, from another producer too", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    const same = { id: "mine", longText: "windows" } as const
    for (const producer of [await fleet.producer(), await fleet.producer()]) {
      expect(await producer.add(["a"], { ...same, priority: 3 })).toEqual(["mine"])
      expect(await producer.label(["a"], same)).toMatchObject([{ label: "NEGATIVE" }])
    }
    expect(fleet.ended).toHaveLength(1)
    // A digest is read back, and not the texts.
    expect((await fleet.queues.of("interactive").getJob("mine"))?.opts).toHaveProperty("valenceContents")
  })

  it("by a job that says nothing of its contents - its texts are compared", async () => {
    await using fleet = await TestFleet.open()
    await (await fleet.worker()).close()
    const producer = await fleet.producer()
    await fleet.queues.of("interactive").add("label", { v: 1, texts: [{ text: "a" }] }, { jobId: "mine" })
    expect(await producer.add(["a"], { id: "mine" })).toEqual(["mine"])
    await expect(producer.add(["b"], { id: "mine" })).rejects.toMatchObject({ code: "job_conflict", message })
  })

  it("at the same time for other texts - no call gets the other's labels", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    const producers = [await fleet.producer(), await fleet.producer()]
    const calls = ["a", "ab"].map((text, nth) => producers[nth]?.label([text], { id: "mine" }))
    const [one, two] = await Promise.allSettled(calls)
    const refused = { status: "rejected", reason: { code: "job_conflict" } }
    if (one?.status === "fulfilled") {
      expect(one.value).toMatchObject([{ label: "NEGATIVE" }])
      expect(two).toMatchObject(refused)
    } else {
      expect(one).toMatchObject(refused)
      expect(two).toMatchObject({ value: [{ label: "POSITIVE" }] })
    }
  })
})

describe("arguments that nothing reads", () => {
  const options = { timeoutMs: 1000 } as never
  it.each<[string, (producer: Producer) => Promise<unknown>, string]>([
    [
      "results(ids, options)",
      producer => producer.results(["a"], options).next(),
      'the second argument of results() must be an AbortSignal; got {"timeoutMs":1000}',
    ],
    ["results(id)", producer => producer.results("ab").next(), 'ids must be a list of ids; got "ab"'],
    ...(["result", "cancel"] as const).map((name): [string, (producer: Producer) => Promise<unknown>, string] => [
      `${name}(id, options)`,
      producer => producer[name]("a", ...([options] as unknown as [])),
      `${name}() takes the id of a job and nothing more; got {"timeoutMs":1000} as well`,
    ]),
    ...(["discard", "release"] as const).map((name): [string, (producer: Producer) => Promise<unknown>, string] => [
      `${name}(ids, options)`,
      producer => producer[name](["a"], ...([options] as unknown as [])),
      `${name}() takes ids and nothing more; got {"timeoutMs":1000} as well`,
    ]),
    [
      "problem(ms, options)",
      producer => producer.problem(1000, ...([options] as unknown as [])),
      'problem() takes a time in ms and nothing more; got {"timeoutMs":1000} as well',
    ],
    [
      "add(texts, id)",
      producer => producer.add(["a"], "t" as never),
      'options must be an object with named members; got "t"',
    ],
    [
      "label(texts, null)",
      producer => producer.label(["a"], null as never),
      "options must be an object with named members; got null",
    ],
    [
      "label(texts, { signal: 1 })",
      producer => producer.label(["a"], { signal: 1 as never }),
      "signal must be an AbortSignal; got 1",
    ],
    [
      "add(texts, { lanes })",
      producer => producer.add(["a"], { id: "t", lanes: "bulk" } as never),
      "option lanes is not known; the options are topK, labels, scoreFunction, maxLength, longText, stride, empty, pooling, lane, id, priority, deadlineMs",
    ],
  ])("%s - option_invalid", async (_, call, message) => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    const producer = await fleet.producer()
    await expect(call(producer)).rejects.toMatchObject({ code: "option_invalid", message })
  })
})

describe("add() with an id", () => {
  const several = async (fleet: TestFleet) => {
    await (await fleet.worker()).close()
    const producer = await fleet.producer({ bulkJobTexts: 2 })
    return { producer, ids: await producer.add(["a", "b", "c"], { id: "mine", lane: "bulk" }) }
  }

  it("of several jobs - the ids of all of them, in order", async () => {
    await using fleet = await TestFleet.open()
    const { producer, ids } = await several(fleet)
    expect(ids).toEqual(["mine.0", "mine.1"])
    for (const id of ids) expect(await producer.result(id)).toEqual({ id, state: "waiting" })
  })

  it.each([
    ["result()", (producer: Producer) => producer.result("mine")],
    ["results()", (producer: Producer) => producer.results(["mine"]).next()],
    ["cancel()", (producer: Producer) => producer.cancel("mine")],
  ])("of several jobs, %s of the call's id - option_invalid, and which ids to take", async (_, ask) => {
    await using fleet = await TestFleet.open()
    const { producer } = await several(fleet)
    await expect(ask(producer)).rejects.toMatchObject({
      code: "option_invalid",
      message: 'id must be one that add() returned; "mine" became several jobs, the first of them mine.0',
    })
  })
})
