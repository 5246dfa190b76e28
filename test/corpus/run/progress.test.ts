import { describe, expect, it } from "vitest"
import { estimate, Speedometer } from "../../../src/corpus/run/progress.ts"

describe("Speedometer", () => {
  it("measures the last five seconds", () => {
    const speed = new Speedometer(0, 100)
    expect(speed.measure(0, 100)).toBe(0)
    expect(speed.measure(1000, 300)).toBe(200)
    for (let second = 2; second <= 20; second++) speed.measure(second * 1000, 300)
    expect(speed.measure(21_000, 800)).toBe(100)
  })
})

describe("estimate", () => {
  const counted = { rows: 100, failed: 0, bytes: 1000, totalBytes: 5000, textsPerSecond: 50, elapsedMs: 2000 }

  it("rows and time left, from the bytes that were read", () => {
    expect(estimate(counted)).toMatchObject({ estimatedRows: 500, remainingMs: 8000 })
  })

  it("nothing where the size of the input or the speed is not known", () => {
    expect(estimate({ ...counted, totalBytes: undefined })).toMatchObject({
      estimatedRows: undefined,
      remainingMs: undefined,
    })
    expect(estimate({ ...counted, bytes: 0 }).estimatedRows).toBeUndefined()
    expect(estimate({ ...counted, textsPerSecond: 0 }).remainingMs).toBeUndefined()
  })
})
