import { describe, expect, it } from "vitest"
import { RunQueue } from "../../../src/classifier/devices/run-queue.ts"

const run = (id: number, urgent = false) => ({ id, urgent })

describe("take()", () => {
  it("nothing waits - nothing", () => {
    expect(new RunQueue().take()).toBeUndefined()
  })

  it("urgent runs first, each kind in order of arrival", () => {
    const queue = new RunQueue<ReturnType<typeof run>>()
    for (const one of [run(0), run(1, true), run(2), run(3, true)]) queue.add(one)
    expect([0, 0, 0, 0].map(() => queue.take()?.id)).toEqual([1, 3, 0, 2])
  })

  it("urgent runs without end - the one that waits has its turn", () => {
    const queue = new RunQueue<ReturnType<typeof run>>()
    queue.add(run(-1))
    const taken = Array.from({ length: 12 }, (_, id) => {
      queue.add(run(id, true))
      return queue.take()?.id
    })
    expect(taken.indexOf(-1)).toBe(8)
  })
})
