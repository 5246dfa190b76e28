import { describe, expect, it } from "vitest"
import { DeviceBudget } from "../../../src/classifier/devices/device-budget.ts"

describe("DeviceBudget.bulkTokens()", () => {
  it("no interactive texts come - the whole budget", () => {
    const budget = new DeviceBudget({ maxBatchTokens: 512, bulkRunMs: 25 })
    budget.ran(512, 256)
    expect(budget.bulkTokens(Infinity)).toBe(512)
  })

  it("interactive texts come - what a device computes in bulkRunMs, until they have not come for 10 s", () => {
    const budget = new DeviceBudget({ maxBatchTokens: 512, bulkRunMs: 100 })
    budget.ran(512, 256)
    expect([0, 10_000, 10_001].map(sinceMs => budget.bulkTokens(sinceMs))).toEqual([200, 200, 512])
  })

  it.each([
    ["fast", 10_000, 512],
    ["slow", 1, 64],
  ])("a %s device - within the bounds", (_, tokens, budgeted) => {
    const budget = new DeviceBudget({ maxBatchTokens: 512, bulkRunMs: 25 })
    budget.ran(tokens, 1)
    expect(budget.bulkTokens(0)).toBe(budgeted)
  })

  it("nothing ran yet - the whole budget", () => {
    expect(new DeviceBudget({ maxBatchTokens: 512, bulkRunMs: 25 }).bulkTokens(0)).toBe(512)
  })
})

describe("DeviceBudget.lower()", () => {
  it.each([
    ["half of what did not fit", 400, 200],
    ["no less than a run is worth", 100, 64],
    ["never more than before", 4000, 512],
  ])("%s", (_, failed, lowered) => {
    const budget = new DeviceBudget({ maxBatchTokens: 512, bulkRunMs: 25 })
    budget.lower(failed)
    expect(budget.maxBatchTokens).toBe(lowered)
    expect(budget.bulkTokens(Infinity)).toBe(lowered)
  })
})
