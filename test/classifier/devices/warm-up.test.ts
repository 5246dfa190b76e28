import { describe, expect, it } from "vitest"
import { warmUp } from "../../../src/classifier/devices/warm-up.ts"

const shapes = [4, 3, 2, 1].map(rows => ({ rows, longest: 16 }))
const always = () => true

describe("warmUp()", () => {
  it("runs all shapes in their order, those that do not fit too", async () => {
    const run: number[] = []
    const runShape = async ({ rows }: { readonly rows: number }) => {
      run.push(rows)
      if (rows > 2) throw new Error("CUDA failure 2: out of memory")
    }
    await warmUp(runShape, shapes, always)
    expect(run).toEqual([4, 3, 2, 1])
  })

  it("another error - is thrown", async () => {
    await expect(warmUp(() => Promise.reject(new Error("broken")), shapes, always)).rejects.toThrow("broken")
  })

  it("no time - runs the largest alone", async () => {
    const run: number[] = []
    await warmUp(
      async ({ rows }) => run.push(rows),
      shapes,
      () => false,
    )
    expect(run).toEqual([4])
  })
})
