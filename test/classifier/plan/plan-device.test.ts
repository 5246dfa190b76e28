import { describe, expect, it } from "vitest"
import { dtypesFor } from "../../../src/classifier/plan/choose-graph.ts"
import { childrenOf, limitsOf, warmUpShapes } from "../../../src/classifier/plan/plan-device.ts"
import { providerOf } from "../../../src/classifier/plan/providers.ts"
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

describe("warmUpShapes", () => {
  it("the CPU - none, so that it starts fast", () => {
    expect(warmUpShapes(providerOf("cpu"), { maxBatchTokens: 512, maxBatchTexts: 64 }, 512)).toEqual([])
  })

  it("a GPU - what long texts fill, then ever shorter ones", () => {
    const shapes = warmUpShapes(providerOf("cuda"), { maxBatchTokens: 16_384, maxBatchTexts: 512 }, 512)
    expect(shapes.map(({ rows, longest }) => `${rows}x${longest}`)).toEqual([
      "32x512",
      "64x256",
      "128x128",
      "256x64",
      "512x32",
      "512x16",
    ])
  })

  it("a model with few positions - no longer than those", () => {
    const [largest] = warmUpShapes(providerOf("cuda"), { maxBatchTokens: 1000, maxBatchTexts: 64 }, 50)
    expect(largest).toEqual({ rows: 24, longest: 50 })
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
