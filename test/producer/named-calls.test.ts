import { describe, expect, it } from "vitest"
import { plainLabeller } from "../corpus/plain-labeller.ts"
import { eventually, heldLabeller, TestFleet } from "../queue/test-fleet.ts"

describe("label() with an id", () => {
  it("of several jobs, and released - leaves nothing in Redis", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    const producer = await fleet.producer({ jobTexts: 2 })
    const texts = ["a", "bc", "d", "ef", "g"]
    expect(await producer.label(texts, { id: "run-1" })).toEqual(await plainLabeller().label(texts))
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
