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
