import { describe, expect, it } from "vitest"
import { BulkBudget } from "../../src/classifier/bulk-budget.ts"

describe("BulkBudget.tokens()", () => {
  it("no interactive texts come - the whole budget", () => {
    const budget = new BulkBudget({ maxBatchTokens: 512, bulkRunMs: 25 })
    budget.ran(512, 256)
    expect(budget.tokens(0)).toBe(512)
  })

  it("interactive texts come - what a device computes in bulkRunMs, until they have not come for 10 s", () => {
    const budget = new BulkBudget({ maxBatchTokens: 512, bulkRunMs: 100 })
    budget.ran(512, 256)
    budget.interactive(1000)
    expect([1000, 11_000, 11_001].map(now => budget.tokens(now))).toEqual([200, 200, 512])
  })

  it.each([
    ["fast", 10_000, 512],
    ["slow", 1, 64],
  ])("a %s device - within the bounds", (_, tokens, budgeted) => {
    const budget = new BulkBudget({ maxBatchTokens: 512, bulkRunMs: 25 })
    budget.interactive(0)
    budget.ran(tokens, 1)
    expect(budget.tokens(0)).toBe(budgeted)
  })

  it("nothing ran yet - the whole budget", () => {
    const budget = new BulkBudget({ maxBatchTokens: 512, bulkRunMs: 25 })
    budget.interactive(0)
    expect(budget.tokens(0)).toBe(512)
  })
})
