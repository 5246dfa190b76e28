import { describe, expect, it } from "vitest"
import type { Row } from "../../../src/corpus/rows/row.ts"
import type { Chunk } from "../../../src/corpus/run/chunks.ts"
import { labelChunks } from "../../../src/corpus/run/label-chunks.ts"
import { checkRows } from "../../../src/corpus/run/write-chunk.ts"
import { collect } from "../collect.ts"
import { plainLabeller } from "../plain-labeller.ts"

const stopMs = 1000
const checkAll = (rows: readonly Row[]) => checkRows(rows, { refuse: () => undefined }, "skip")

function chunk(number: number, bytes = 10): Chunk {
  const text = `text ${number}`
  const row: Row = {
    text,
    line: number,
    end: number,
    endLine: number,
    bytes,
    raw: () => text,
    cells: () => [],
    value: () => undefined,
  }
  return { id: `run-${number}`, number, rows: [row], bytes }
}

async function* chunks(count: number, bytes?: number) {
  for (let number = 0; number < count; number++) yield chunk(number, bytes)
}

/** Labels that are held back until they are let go, one call at a time. */
function heldLabeller() {
  const held: (() => void)[] = []
  const labeller = plainLabeller(() => new Promise<void>(resolve => held.push(resolve)))
  return { labeller, held }
}

const turn = () => new Promise(resolve => setImmediate(resolve))

describe("labelChunks", () => {
  it("gives chunks back in order, though they are done in another", async () => {
    const { labeller, held } = heldLabeller()
    const bounds = { maxChunks: 3, maxBytes: 1000, stopMs }
    const labelled = collect(labelChunks(chunks(3), labeller, () => ({}), checkAll, bounds, undefined))
    while (held.length < 3) await turn()
    for (const letGo of held.reverse()) {
      letGo()
      await turn()
    }
    expect((await labelled).map(({ chunk, results }) => [chunk.number, results.length])).toEqual([
      [0, 1],
      [1, 1],
      [2, 1],
    ])
  })

  it.each([
    ["maxChunks", { maxChunks: 4, maxBytes: 1000, stopMs }],
    ["maxBytes", { maxChunks: 100, maxBytes: 40, stopMs }],
  ])("%s - so much is under way, and no more", async (_, bounds) => {
    let underWay = 0
    let most = 0
    const labeller = plainLabeller(async () => {
      most = Math.max(most, ++underWay)
      await turn()
      await turn()
      underWay--
    })
    expect(await collect(labelChunks(chunks(50), labeller, () => ({}), checkAll, bounds, undefined))).toHaveLength(50)
    expect(most).toBe(4)
  })

  it("gives back what is labelled while the next chunk has not arrived", async () => {
    let arrive = () => {}
    async function* paused() {
      yield chunk(0)
      await new Promise<void>(resolve => {
        arrive = resolve
      })
      yield chunk(1)
    }
    const bounds = { maxChunks: 8, maxBytes: 1000, stopMs }
    const labelled = labelChunks(paused(), plainLabeller(), () => ({}), checkAll, bounds, undefined)
    expect((await labelled.next()).value).toMatchObject({ chunk: { number: 0 } })
    arrive()
    expect((await labelled.next()).value).toMatchObject({ chunk: { number: 1 } })
    expect(await labelled.next()).toEqual({ value: true, done: true })
  })

  it("an input that breaks - its error, after the chunks before it", async () => {
    async function* broken() {
      yield chunk(0)
      yield chunk(1)
      throw new Error("damaged")
    }
    const bounds = { maxChunks: 8, maxBytes: 1000, stopMs }
    const labelled = labelChunks(broken(), plainLabeller(), () => ({}), checkAll, bounds, undefined)
    expect((await labelled.next()).value).toMatchObject({ chunk: { number: 0 } })
    expect((await labelled.next()).value).toMatchObject({ chunk: { number: 1 } })
    await expect(labelled.next()).rejects.toThrow("damaged")
  })

  it("a chunk above maxBytes goes alone", async () => {
    const bounds = { maxChunks: 4, maxBytes: 10, stopMs }
    const labelled = labelChunks(chunks(3, 100), plainLabeller(), () => ({}), checkAll, bounds, undefined)
    expect(await collect(labelled)).toHaveLength(3)
  })

  it("aborted - begins no further chunk, and gives back those under way", async () => {
    const stop = new AbortController()
    const bounds = { maxChunks: 3, maxBytes: 1000, stopMs }
    const { labeller, held } = heldLabeller()
    const labelled = collect(labelChunks(chunks(50), labeller, () => ({}), checkAll, bounds, stop.signal))
    while (held.length < 3) await turn()
    stop.abort()
    for (const letGo of held) letGo()
    expect((await labelled).map(({ chunk }) => chunk.number)).toEqual([0, 1, 2])
  })

  it("aborted, and one does not end in time - gives back those before it, and drops what is left", async () => {
    const stop = new AbortController()
    let dropped = 0
    let allBegun = () => {}
    const begun = new Promise<void>(resolve => {
      allBegun = resolve
    })
    const labeller = plainLabeller(async ([text], { signal }) => {
      if (text === "text 0") return begun
      if (text === "text 3") return allBegun()
      await new Promise((_, reject) => signal?.addEventListener("abort", () => reject(new Error("aborted")))).finally(
        () => dropped++,
      )
    })
    const bounds = { maxChunks: 4, maxBytes: 1000, stopMs: 0 }
    const labelled = labelChunks(chunks(4), labeller, () => ({}), checkAll, bounds, stop.signal)
    expect((await labelled.next()).value).toMatchObject({ chunk: { number: 0 } })
    stop.abort()
    expect(await labelled.next()).toEqual({ done: true, value: false })
    expect(dropped).toBe(2)
  })

  it("aborted while the input has nothing to say - ends", async () => {
    const stop = new AbortController()
    async function* slow() {
      yield chunk(0)
      await new Promise(() => {})
    }
    const bounds = { maxChunks: 3, maxBytes: 1000, stopMs }
    const labelled = collect(labelChunks(slow(), plainLabeller(), () => ({}), checkAll, bounds, stop.signal))
    await turn()
    stop.abort()
    expect((await labelled).map(({ chunk }) => chunk.number)).toEqual([0])
  })

  it("a labeller that rejects - throws that, after the chunks before", async () => {
    const labeller = plainLabeller(([text]) => {
      if (text === "text 2") throw new Error("broken")
    })
    const seen: number[] = []
    const bounds = { maxChunks: 10, maxBytes: 1000, stopMs }
    await expect(async () => {
      for await (const { chunk } of labelChunks(chunks(5), labeller, () => ({}), checkAll, bounds, undefined))
        seen.push(chunk.number)
    }).rejects.toThrow("broken")
    expect(seen).toEqual([0, 1])
  })
})
