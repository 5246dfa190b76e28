import { describe, expect, it } from "vitest"
import { drainLanes, type LaneLeft } from "../../src/queue/drain-lanes.ts"
import { lanes } from "../../src/queue/jobs/names.ts"
import { openQueues } from "../../src/queue/open-queues.ts"
import { findRedisBinary } from "../redis/find-redis-binary.ts"
import { startRedisServer } from "../redis/redis-server.ts"
import { heldLabeller, TestFleet } from "./test-fleet.ts"

const data = { v: 1, texts: [{ text: "good" }] }

describe("drainLanes", () => {
  it("nothing there - empty, after one look", async () => {
    await using fleet = await TestFleet.open()
    const looks: (readonly LaneLeft[])[] = []
    expect(await drainLanes(fleet.queues, lanes, { onLook: left => looks.push(left) })).toBe("empty")
    const none = { paused: false, waitingJobs: 0, activeJobs: 0, delayedJobs: 0 }
    expect(looks).toEqual([
      [
        { lane: "interactive", ...none },
        { lane: "bulk", ...none },
      ],
    ])
  })

  it("jobs that wait, wait with a priority, and are active - waits for them all, and takes none away", async () => {
    await using fleet = await TestFleet.open()
    const { labeller, letGo } = heldLabeller()
    await fleet.worker({ labeller, options: { concurrency: 1 } })
    const { queues } = fleet
    for (const options of [{}, {}, { priority: 1 }, { delay: 1 }])
      await queues.of("interactive").add("label", data, options)
    const seen: number[] = []
    const outcome = await drainLanes(queues, lanes, {
      lookMs: 5,
      onLook([interactive]) {
        const { waitingJobs = 0, activeJobs = 0, delayedJobs = 0 } = interactive ?? {}
        seen.push(waitingJobs + activeJobs + delayedJobs)
        if (activeJobs === 1) letGo()
      },
    })
    expect(outcome).toBe("empty")
    expect(seen).toContain(4)
    expect(await queues.of("interactive").getCompletedCount()).toBe(4)
  })

  it.each([
    ["waits", {}, { waitingJobs: 1 }],
    ["waits with a priority", { priority: 5 }, { waitingJobs: 1 }],
    ["is delayed", { delay: 60_000 }, { delayedJobs: 1 }],
  ])("a job that %s for longer than the time - timeout", async (_, options, left) => {
    await using fleet = await TestFleet.open()
    const { queues } = fleet
    await queues.of("bulk").add("label", data, options)
    let last: LaneLeft | undefined
    const onLook = ([lane]: readonly LaneLeft[]) => {
      last = lane
    }
    expect(await drainLanes(queues, ["bulk"], { timeoutMs: 50, lookMs: 5, onLook })).toBe("timeout")
    expect(last).toMatchObject({ lane: "bulk", ...left })
  })

  it("one lane - does not wait for the other", async () => {
    await using fleet = await TestFleet.open()
    const { queues } = fleet
    await queues.of("bulk").add("label", data)
    expect(await drainLanes(queues, ["interactive"])).toBe("empty")
  })

  it("aborted before and while it waits - rejects", async () => {
    await using fleet = await TestFleet.open()
    const { queues } = fleet
    await queues.of("bulk").add("label", data)
    const error = { code: "aborted", message: "the wait for empty queues was aborted; their jobs stay" }
    await expect(drainLanes(queues, lanes, { signal: AbortSignal.abort() })).rejects.toMatchObject(error)
    const stop = new AbortController()
    await expect(drainLanes(queues, lanes, { signal: stop.signal, onLook: () => stop.abort() })).rejects.toMatchObject(
      error,
    )
  })

  it("a connection that was closed - rejects with why", async () => {
    await using fleet = await TestFleet.open()
    const open = await openQueues({ redis: fleet.url, keyPrefix: fleet.keyPrefix })
    await open.close()
    await expect(drainLanes(open.queues, lanes)).rejects.toThrow("Connection is closed")
  })

  it.skipIf(!findRedisBinary())(
    "a Redis that does not answer - the time passes all the same, and it can be closed",
    async () => {
      await using server = await startRedisServer()
      await using open = await openQueues({ redis: server.url })
      await Promise.all(lanes.map(lane => open.queues.of(lane).waitUntilReady()))
      process.kill(server.pid as number, "SIGSTOP")
      expect(await drainLanes(open.queues, lanes, { timeoutMs: 50 })).toBe("timeout")
    },
  )
})
