import { describe, expect, it } from "vitest"
import type { Device } from "../../../src/classifier/device.ts"
import { measure } from "../../../src/classifier/tuning/measure.ts"
import { choosePoint } from "../../../src/classifier/tuning/tuning.ts"
import { ValenceError } from "../../../src/errors.ts"

const points = (...speeds: readonly [maxBatchTokens: number, ...speeds: (number | undefined)[]][]) =>
  speeds.map(([maxBatchTokens, ...each]) => ({ children: 1, maxBatchTokens, speeds: each }))

describe("choosePoint", () => {
  it.each([
    ["the fastest", points([256, 90], [512, 100], [1024, 111]), 1024],
    ["the default, where none is clearly faster", points([256, 104], [512, 100], [1024, 110]), 512],
    ["the fastest, where the default was not measured", points([128, 2], [256, 1]), 128],
    ["the default, where another was faster in a quiet round alone", points([256, 50, 99, 50], [512, 50, 60, 50]), 512],
    ["the faster one, in rounds that measured both", points([512, 100, 10], [1024, 120, undefined]), 1024],
  ])("%s", (_, measured, chosen) => {
    expect(choosePoint(measured, ({ maxBatchTokens }) => maxBatchTokens === 512)?.maxBatchTokens).toBe(chosen)
  })

  it("nothing was measured - nothing", () => {
    expect(choosePoint([], () => true)).toBeUndefined()
  })
})

/** A device whose runs take as long as its speed says. */
function deviceOf(tokensPerSecond: (tokens: number) => number, most = Infinity): Device {
  return {
    pid: 1,
    died: new Promise(() => {}),
    destroy() {},
    async run({ rows, longest }) {
      const tokens = rows * longest
      if (tokens > most)
        return { error: new ValenceError("text_failed", "out of memory"), begun: true, outOfMemory: true }
      return { logits: new Float32Array(rows), runMs: (tokens / tokensPerSecond(tokens)) * 1000 }
    },
  }
}

const request = {
  budgets: [128, 512, 2048],
  defaultTokens: 512,
  maxTokens: 512,
  fewerChildren: [],
  limitMs: 10_000,
  leastRounds: 3,
}

describe("measure", () => {
  it("a device that likes large micro-batches - the largest budget, and the curve", async () => {
    const tuning = await measure({ ...request, devices: [deviceOf(tokens => tokens * 10)] })
    expect(tuning).toMatchObject({ children: 1, maxBatchTokens: 2048, tokensPerSecond: 20_480 })
    expect(tuning?.curve.map(point => point.tokensPerSecond)).toEqual([1280, 5120, 20_480])
  })

  it("no time for three rounds - the default, with its speed", async () => {
    const tuning = await measure({ ...request, limitMs: -1, devices: [deviceOf(tokens => tokens * 10)] })
    const usual = { children: 1, maxBatchTokens: 512, tokensPerSecond: 5120 }
    expect(tuning).toMatchObject({ ...usual, curve: [usual] })
  })

  it("no memory for a budget - none that is as large", async () => {
    const tuning = await measure({ ...request, devices: [deviceOf(tokens => tokens * 10, 1000)] })
    expect(tuning?.curve.map(point => point.maxBatchTokens)).toEqual([128, 512])
    expect(tuning?.maxBatchTokens).toBe(512)
  })

  it("no memory for anything - nothing", async () => {
    expect(await measure({ ...request, devices: [deviceOf(() => 1, 1)] })).toBeUndefined()
  })

  it("children that stand in one another's way - half of them", async () => {
    let running = 0
    const crowded: Device = {
      ...deviceOf(() => 0),
      async run({ rows, longest }) {
        running += 1
        await new Promise(resolve => setImmediate(resolve))
        const tokensPerSecond = running > 1 ? 100 : 1000
        await new Promise(resolve => setImmediate(resolve))
        running -= 1
        return { logits: new Float32Array(rows), runMs: ((rows * longest) / tokensPerSecond) * 1000 }
      },
    }
    const tuning = await measure({ ...request, devices: [crowded, crowded], fewerChildren: [1] })
    expect(tuning?.curve.at(-1)).toEqual({ children: 1, maxBatchTokens: 512, tokensPerSecond: 1000 })
    expect(tuning).toMatchObject({ children: 1, maxBatchTokens: 512, tokensPerSecond: 1000 })
  })

  it("children that are as fast together as they may be - all of them", async () => {
    const devices = [deviceOf(() => 1000), deviceOf(() => 1000)]
    const tuning = await measure({ ...request, devices, fewerChildren: [1] })
    expect(tuning).toMatchObject({ children: 2, maxBatchTokens: 512, tokensPerSecond: 2000 })
  })
})
