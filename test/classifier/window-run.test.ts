import { describe, expect, it } from "vitest"
import type { BatchEntry } from "../../src/classifier/batcher/dispatcher.ts"
import { WindowRun } from "../../src/classifier/window-run.ts"
import { ValenceError } from "../../src/errors.ts"
import { Windows } from "../../src/model/cut-windows.ts"

/** A run of a text in 20 windows, 4 at a time; the windows that were sent, and what was told. */
function startRun() {
  const inputIds = Int32Array.from({ length: 160 }, (_, id) => id)
  const sent: BatchEntry[] = []
  const told: number[] = []
  const ends: (ValenceError | undefined)[] = []
  const state = { dropped: false }
  const run = new WindowRun(new Windows(inputIds, { before: 0, after: 0 }, 8, 0), {
    most: 4,
    add: entry => sent.push(entry),
    isDropped: () => state.dropped,
    onLogits: (logits, row, window) => told.push(logits[row] ?? NaN, window),
    onEnd: error => ends.push(error),
  })
  run.start()
  return { run, sent, told, ends, state, settle: (index: number) => sent[index]?.settle(Float32Array.of(index), 1) }
}

describe("WindowRun", () => {
  it("many windows - so many are under way, and the next one is sent when one is done", () => {
    const { sent, settle } = startRun()
    expect(sent).toHaveLength(4)
    settle(0)
    expect(sent).toHaveLength(5)
    expect([...(sent[4] as BatchEntry).inputIds]).toEqual([32, 33, 34, 35, 36, 37, 38, 39])
  })

  it("windows that are done in any order - are told in theirs, and what is kept is bounded", () => {
    const { sent, told, ends, settle } = startRun()
    for (const index of [3, 1, 2]) settle(index)
    expect([sent.length, told]).toEqual([4, []])
    settle(0)
    expect([sent.length, told]).toEqual([8, [0, 0, 1, 1, 2, 2, 3, 3]])
    for (let index = 4; index < 20; index++) settle(index)
    expect(told.filter((_, at) => at % 2 === 0)).toEqual(Array.from({ length: 20 }, (_, index) => index))
    expect(ends).toEqual([undefined])
  })

  it("one window fails - the text ends with its error, once, and the windows that wait are dropped", () => {
    const { sent, told, ends, settle } = startRun()
    const error = new ValenceError("text_failed", "poison")
    sent[1]?.settle(error)
    expect(ends).toEqual([error])
    expect(sent.map(({ dropped }) => dropped)).toEqual([true, true, true, true])
    settle(0)
    sent[2]?.settle(error)
    expect([sent.length, told, ends.length]).toEqual([4, [], 1])
  })

  it("the text is no longer wanted - its windows are dropped, and no further one is sent", () => {
    const { sent, state, settle } = startRun()
    state.dropped = true
    expect(sent.every(({ dropped }) => dropped)).toBe(true)
    settle(0)
    expect(sent).toHaveLength(4)
  })

  it("timings() - from the first window's begin to the last one's end is inference", () => {
    const { run, settle } = startRun()
    const beforeMs = performance.now()
    for (let index = 0; index < 20; index++) settle(index)
    const { queueMs, inferenceMs } = run.timings(beforeMs + 1000)
    expect(inferenceMs).toBeGreaterThan(999)
    expect(queueMs + inferenceMs).toBeGreaterThanOrEqual(1000)
    expect(queueMs).toBeLessThan(500)
  })
})
