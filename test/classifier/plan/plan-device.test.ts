import { describe, expect, it } from "vitest"
import { dtypesFor } from "../../../src/classifier/plan/choose-graph.ts"
import { childrenOf, limitsOf, shapesOf } from "../../../src/classifier/plan/plan-device.ts"
import { readDevices } from "../../../src/classifier/plan/read-devices.ts"
import type { Tuning } from "../../../src/classifier/plan/tuning.ts"

const speed = { children: 1, maxBatchTokens: 2048, tokensPerSecond: 9 }
const tuning: Tuning = { ...speed, curve: [], complete: true, measuredAt: "now" }
const one = (name: string) => readDevices(name)[0] as ReturnType<typeof readDevices>[0]
const nothing = { maxBatchTokens: undefined, maxBatchTexts: undefined }

describe("limitsOf", () => {
  it.each([
    ["nothing is known", "cpu", nothing, undefined, 512, 64],
    ["it was measured", "cpu", nothing, { ...tuning, maxBatchTokens: 4096 }, 4096, 128],
    ["somebody chose", "cpu", { maxBatchTokens: 100, maxBatchTexts: 3 }, tuning, 100, 3],
    ["a GPU", "cuda:0", nothing, undefined, 16_384, 512],
  ])("%s", (_, name, chosen, tuned, maxBatchTokens, maxBatchTexts) => {
    expect(limitsOf(one(name), chosen, tuned)).toEqual({ maxBatchTokens, maxBatchTexts })
  })
})

describe("childrenOf", () => {
  it("as measured, but where somebody said how many", () => {
    expect(childrenOf({ ...one("cpu"), children: 8 }, tuning)).toBe(1)
    expect(childrenOf({ ...one("cpu"), children: 8 }, undefined)).toBe(8)
    expect(childrenOf(one("cpu:4"), tuning)).toBe(4)
  })
})

describe("shapesOf", () => {
  it("the CPU - any shape will do, and none is run before texts come", () => {
    expect(shapesOf(one("cpu"), { maxBatchTokens: 512, maxBatchTexts: 64 }, 512)).toBeUndefined()
  })

  it.each([
    ["cuda:0", 16, 100],
    ["tensorrt:0", 64, 32],
  ])("%s - multiples of %i tokens, at most %i shapes", (name, tokens, most) => {
    const shapes = shapesOf(one(name), { maxBatchTokens: 16_384, maxBatchTexts: 512 }, 512)?.all ?? []
    expect(shapes.length).toBeLessThanOrEqual(most)
    for (const { longest } of shapes) expect(longest % tokens).toBe(0)
  })
})

describe("dtypesFor", () => {
  it.each([
    ["cpu", ["int8"]],
    ["cuda:0,cuda:1", ["fp16", "fp32"]],
    ["cpu:1,cuda:0", ["fp32"]],
  ])("%s - %j: all compute the same graph", (list, dtypes) => {
    expect(dtypesFor(readDevices(list))).toEqual(dtypes)
  })
})
