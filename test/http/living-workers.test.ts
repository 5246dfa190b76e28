import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { LivingWorkers } from "../../src/http/living-workers.ts"
import type { Producer } from "../../src/producer/producer.ts"

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe("LivingWorkers", () => {
  it("workers that left while no request came - the next request is refused, and does not wait for one", async () => {
    let workers: unknown[] = ["a worker"]
    const wantWorker = vi.fn(async () => {})
    const fleet = { model: { name: "small" }, keyPrefix: "{small}", workers: async () => workers, wantWorker }
    const living = new LivingWorkers(fleet as unknown as Producer)
    await living.require()
    workers = []
    await living.require()
    vi.advanceTimersByTime(60_000)
    await expect(living.require()).rejects.toMatchObject({
      code: "no_worker",
      message: "no worker with the model small lives; start one: valence work --key-prefix {small}",
    })
    expect(wantWorker).toHaveBeenCalledOnce()
    workers = ["a worker"]
    vi.advanceTimersByTime(60_000)
    await living.require()
  })
})
