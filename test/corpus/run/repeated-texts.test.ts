import { describe, expect, it } from "vitest"
import { labelOnce } from "../../../src/corpus/run/repeated-texts.ts"
import type { LabelledText, Labeller, LabelOptions } from "../../../src/labeller.ts"
import { plainLabeller } from "../plain-labeller.ts"

const plenty = 1_000_000

/** A labeller that notes its calls, and what it gives for each text, told by how often it was asked before. */
function notingLabeller(resultOf?: (text: string, times: number) => LabelledText | undefined) {
  const calls: { texts: readonly string[]; id: string | undefined }[] = []
  const times = new Map<string, number>()
  const plain = plainLabeller()
  const labeller: Labeller = {
    ...plain,
    async label(texts, options = {}) {
      calls.push({ texts, id: options.id })
      const results = await plain.label(texts, options)
      return texts.map((text, at) => {
        const before = times.get(text) ?? 0
        times.set(text, before + 1)
        return resultOf?.(text, before) ?? (results[at] as LabelledText)
      })
    },
  }
  return { labeller, calls, sent: () => calls.map(({ texts }) => texts) }
}

/** A labeller whose calls end when they are let go of, one after the other, or are aborted. */
function heldLabeller() {
  const held: (() => void)[] = []
  const sent: (readonly string[])[] = []
  const labeller = plainLabeller((texts, { signal }) => {
    sent.push(texts)
    return new Promise<void>((resolve, reject) => {
      held.push(resolve)
      signal?.addEventListener("abort", () => reject(new Error("aborted")))
    })
  })
  return { labeller, held, sent }
}

describe("labelOnce", () => {
  it("equal texts in a call - are labelled once, with a result each in its place", async () => {
    const { labeller, sent } = notingLabeller()
    const once = labelOnce(labeller, plenty)
    const texts = ["a", "bc", "a", "a", "bc", "d"]
    expect(await once.label(texts)).toEqual(await plainLabeller().label(texts))
    expect(sent()).toEqual([["a", "bc", "d"]])
    expect(once.repeated).toBe(3)
  })

  it("a text of an earlier call - is not labelled again, and a call of such alone makes none", async () => {
    const { labeller, sent } = notingLabeller()
    const once = labelOnce(labeller, plenty)
    await once.label(["a", "b"])
    expect(await once.label(["b", "c"])).toEqual(await plainLabeller().label(["b", "c"]))
    expect(await once.label(["a", "c"])).toEqual(await plainLabeller().label(["a", "c"]))
    expect(sent()).toEqual([["a", "b"], ["c"]])
  })

  it("a text that is under way - is waited for", async () => {
    const { labeller, held, sent } = heldLabeller()
    const once = labelOnce(labeller, plenty)
    const [first, second] = [once.label(["a"]), once.label(["a", "bc"])]
    expect(sent).toEqual([["a"], ["bc"]])
    for (const letGo of held) letGo()
    expect(await first).toEqual(await plainLabeller().label(["a"]))
    expect(await second).toEqual(await plainLabeller().label(["a", "bc"]))
  })

  it("other options - label it again", async () => {
    const { labeller, sent } = notingLabeller()
    const once = labelOnce(labeller, plenty)
    const others = [
      {},
      { topK: "all" },
      { scoreFunction: "none" },
      { maxLength: 9 },
      { longText: "windows" },
      { longText: "windows", stride: 2 },
      { longText: "windows", pooling: "max" },
    ] satisfies LabelOptions[]
    for (const options of others) await once.label(["a"], options)
    expect(sent()).toHaveLength(others.length)
  })

  it("more than maxBytes of them - forgets those that were asked for least recently", async () => {
    const { labeller, sent } = notingLabeller()
    const once = labelOnce(labeller, 2000)
    for (const texts of [["a", "b", "c"], ["d"], ["a"], ["e"], ["f"], ["a"], ["b"]]) await once.label(texts)
    expect(sent().slice(1)).toEqual([["d"], ["e"], ["f"], ["b"]])
  })

  it("an error that stays - is shared in a call, and asked for again in the next", async () => {
    const { labeller, sent } = notingLabeller()
    const once = labelOnce(labeller, plenty)
    const failed = { error: { code: "text_failed", message: "cannot label 4 characters" } }
    expect(await once.label(["FAIL", "FAIL"])).toEqual([failed, failed])
    await once.label(["FAIL"])
    expect(sent()).toEqual([["FAIL"], ["FAIL"]])
  })

  it("an error that may pass - is that of its own text alone", async () => {
    const error = { code: "device_failed", message: "the device died" }
    const { labeller, sent } = notingLabeller((_, times) => (times === 0 ? { error } : undefined))
    const once = labelOnce(labeller, plenty)
    const [first, second] = await once.label(["a", "a"])
    expect(first).toEqual({ error })
    expect(second).toMatchObject({ label: "NEGATIVE" })
    expect(sent()).toEqual([["a"], ["a"]])
    expect(once.repeated).toBe(0)
  })

  it("the call of the first was aborted - the second labels it itself", async () => {
    const { labeller, held, sent } = heldLabeller()
    const once = labelOnce(labeller, plenty)
    const stop = new AbortController()
    const first = once.label(["a"], { signal: stop.signal })
    const second = once.label(["a"])
    stop.abort()
    await expect(first).rejects.toThrow("aborted")
    await expect.poll(() => held.length).toBe(2)
    held[1]?.()
    expect(await second).toMatchObject([{ label: "NEGATIVE" }])
    expect(sent).toEqual([["a"], ["a"]])
  })

  it("aborted while it waits for another call - rejects at once, and the other goes on", async () => {
    const { labeller, held } = heldLabeller()
    const once = labelOnce(labeller, plenty)
    const stop = new AbortController()
    const first = once.label(["a"])
    const second = once.label(["a"], { signal: stop.signal })
    stop.abort()
    await expect(second).rejects.toMatchObject({ code: "aborted" })
    held[0]?.()
    expect(await first).toMatchObject([{ label: "NEGATIVE" }])
  })

  it("a named call - keeps its name where all texts are handed on, and has another for each other list of texts", async () => {
    const { labeller, calls } = notingLabeller()
    const released: string[] = []
    const release = async (ids: readonly string[]) => void released.push(...ids)
    const once = labelOnce({ ...labeller, release }, plenty)
    await once.label(["a", "b"], { id: "run-0" })
    await once.label(["b", "c"], { id: "run-1" })
    await once.label(["b", "d"], { id: "run-2" })
    await once.label(["a", "b"], { id: "run-3" })
    const [first, second, third] = calls.map(({ id }) => id)
    expect(first).toBe("run-0")
    expect(second).toMatch(/^run-1-[0-9a-f]{16}$/)
    expect(third).toMatch(/^run-2-[0-9a-f]{16}$/)

    const again = notingLabeller()
    const restarted = labelOnce(again.labeller, plenty)
    await restarted.label(["b", "c"], { id: "run-1" })
    expect(again.calls).toEqual([{ texts: ["b", "c"], id: "run-1" }])

    await once.release?.(["run-0", "run-1", "run-3"])
    expect(released).toEqual([first, second])
  })

  it("no texts - asks the labeller whether the options will do", async () => {
    const { labeller, calls } = notingLabeller()
    expect(await labelOnce(labeller, plenty).label([])).toEqual([])
    expect(calls).toHaveLength(1)
  })
})
