import { describe, expect, it } from "vitest"
import type { Device } from "../../../src/classifier/devices/device.ts"
import { measure } from "../../../src/classifier/tuning/measure.ts"
import { deviceOf } from "./fake-device.ts"

const request = {
  budgets: [128, 512, 2048],
  defaultTokens: 512,
  maxTokens: 512,
  fewerChildren: [],
  limitMs: 600_000,
  random: () => 0,
}

describe("measure", () => {
  it("a device that likes large micro-batches - the largest budget, and the curve", async () => {
    const tuning = await measure({ ...request, devices: [deviceOf(tokens => tokens * 10)] })
    expect(tuning).toMatchObject({ children: 1, maxBatchTokens: 2048, tokensPerSecond: 20_480, complete: true })
    expect(tuning?.curve).toEqual([
      { children: 1, maxBatchTokens: 128, tokensPerSecond: 1280, gain: 0.25, verdict: "rejected" },
      { children: 1, maxBatchTokens: 512, tokensPerSecond: 5120, gain: 1, verdict: "default" },
      { children: 1, maxBatchTokens: 2048, tokensPerSecond: 20_480, gain: 4, verdict: "faster" },
    ])
  })

  it.each([
    [1.09, 512],
    [1.11, 2048],
  ])("a budget that is %d times as fast as the default - %d tokens", async (gain, chosen) => {
    const tuning = await measure({ ...request, devices: [deviceOf(tokens => (tokens > 512 ? gain : 1) * 1000)] })
    expect(tuning?.maxBatchTokens).toBe(chosen)
  })

  it("a budget that was slower than the default once in its rounds - the default", async () => {
    let large = 0
    const device = deviceOf(tokens => (tokens <= 512 ? 1000 : ++large === 20 ? 100 : 5000))
    const tuning = await measure({ ...request, devices: [device] })
    expect(tuning).toMatchObject({ maxBatchTokens: 512, tokensPerSecond: 1000, complete: true })
    expect(tuning?.curve.at(-1)).toMatchObject({ maxBatchTokens: 2048, verdict: "unsteady" })
  })

  it("two budgets that are clearly faster - the faster of them", async () => {
    const speeds: Readonly<Record<number, number>> = { 128: 1500, 512: 1000, 2048: 1400 }
    const tuning = await measure({ ...request, devices: [deviceOf(tokens => speeds[tokens] ?? 0)] })
    expect(tuning).toMatchObject({ maxBatchTokens: 128, tokensPerSecond: 1500 })
  })

  it("no time - the default with its speed, and that it is not complete", async () => {
    const tuning = await measure({ ...request, limitMs: -1, devices: [deviceOf(tokens => tokens * 10)] })
    const usual = { children: 1, maxBatchTokens: 512, tokensPerSecond: 5120 }
    expect(tuning).toMatchObject({ ...usual, curve: [usual], complete: false })
  })

  it("no memory for a budget - none that is as large", async () => {
    const tuning = await measure({ ...request, devices: [deviceOf(tokens => tokens * 10, 1000)] })
    expect(tuning?.curve.map(point => point.maxBatchTokens)).toEqual([128, 512])
    expect(tuning).toMatchObject({ maxBatchTokens: 512, complete: true })
  })

  it("no memory for the default - the largest budget that fits, unless a smaller one is clearly faster", async () => {
    const budgets = [64, 128, 256, 512, 1024]
    const even = await measure({ ...request, budgets, devices: [deviceOf(() => 1000, 300)] })
    expect(even?.maxBatchTokens).toBe(256)
    expect(even?.curve.at(-1)).toMatchObject({ maxBatchTokens: 256, gain: 1, verdict: "largest" })
    expect(even?.curve.map(point => point.maxBatchTokens)).toEqual([64, 128, 256])
    const small = await measure({ ...request, budgets, devices: [deviceOf(tokens => 1e6 / tokens, 300)] })
    expect(small?.maxBatchTokens).toBe(64)
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
    expect(tuning).toMatchObject({ children: 1, maxBatchTokens: 512, tokensPerSecond: 1000 })
    expect(tuning?.curve.at(-1)).toMatchObject({ children: 1, maxBatchTokens: 512, gain: 5, verdict: "faster" })
  })

  it("children that are as fast together as they may be - all of them", async () => {
    const devices = [deviceOf(() => 1000), deviceOf(() => 1000)]
    const tuning = await measure({ ...request, devices, fewerChildren: [1] })
    expect(tuning).toMatchObject({ children: 2, maxBatchTokens: 512, tokensPerSecond: 2000 })
  })
})
