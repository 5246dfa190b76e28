import { describe, expect, it } from "vitest"
import type { MetricDeclaration } from "../../src/metrics/declaration.ts"
import { fleetDeclarations } from "../../src/metrics/declarations.ts"
import { fleetMetrics } from "../../src/metrics/fleet-metrics.ts"
import { queueStatus } from "../../src/queue/status/queue-status.ts"
import { fleetLook } from "../../src/queue/status/scale-signal.ts"
import { TestFleet } from "../queue/test-fleet.ts"
import { samplesOf } from "./samples.ts"

const declarations: MetricDeclaration[] = Object.values(fleetDeclarations)

describe("fleetMetrics", () => {
  it("1,000 jobs wait, and no worker lives - every metric is there and finite, tokens and workers are above 0", async () => {
    await using fleet = await TestFleet.open()
    const data = { v: 1, texts: [{ text: "good" }] }
    await fleet.queues.of("bulk").addBulk(Array.from({ length: 1000 }, () => ({ name: "label", data })))
    const { queues } = fleet
    const look = async () => fleetLook(await queueStatus(queues, fleet.fleet), { targetSeconds: 60 })
    const text = await fleetMetrics(look)
    for (const { name } of declarations) {
      const values = Object.values(samplesOf(text, name))
      expect(values).not.toEqual([])
      for (const value of values) expect(value).toSatisfy(Number.isFinite)
    }
    expect(text).toMatch(/\nvalence_queue_waiting_tokens\{lane="bulk"\} [1-9]/)
    expect(text).toMatch(/\nvalence_backlog_tokens [1-9]/)
    expect(text).toContain("\nvalence_workers 0\n")
    expect(text).toContain("\nvalence_desired_workers 1\n")
    expect(text).toContain("\nvalence_redis_up 1\n")
  })

  it("a lane is paused - its tokens wait, and are no reason to scale", async () => {
    await using fleet = await TestFleet.open()
    const { queues } = fleet
    await queues.of("bulk").add("label", { v: 1, texts: [{ text: "good" }] })
    await queues.of("bulk").pause()
    const look = async () => fleetLook(await queueStatus(queues, fleet.fleet), { targetSeconds: 60 })
    const text = await fleetMetrics(look)
    expect(text).toMatch(/\nvalence_queue_waiting_tokens\{lane="bulk"\} [1-9]/)
    expect(text).toContain("\nvalence_backlog_tokens 0\n")
    expect(text).toContain("\nvalence_desired_workers 0\n")
  })

  it("redis does not answer - says so, and has no other number", async () => {
    const text = await fleetMetrics(() => Promise.reject(new Error("away")))
    for (const { name } of declarations)
      expect(samplesOf(text, name)).toEqual(name === "valence_redis_up" ? { [name]: 0 } : {})
  })
})
