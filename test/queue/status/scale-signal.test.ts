import { describe, expect, it } from "vitest"
import type { LaneStatus, QueueStatus } from "../../../src/queue/status/queue-status.ts"
import { scaleSignal } from "../../../src/queue/status/scale-signal.ts"

const empty: LaneStatus = {
  ...{ lane: "bulk", paused: false, waitingJobs: 0, activeJobs: 0, delayedJobs: 0, failedJobs: 0 },
  ...{ waitingTexts: 0, waitingTokens: 0, oldestWaitingSeconds: 0 },
}

/** One lane with these facts, the other empty; a worker can do 100 tokens a second. */
function signalOf(lane: Partial<LaneStatus>, facts: Partial<QueueStatus> = {}, targetSeconds = 60) {
  const status: QueueStatus = {
    ...{
      lanes: [
        { ...empty, lane: "interactive" },
        { ...empty, ...lane },
      ],
      deadLetters: 0,
      workers: [],
    },
    ...{ textsPerSecond: 0, tokensPerSecond: 0, workerTokensPerSecond: 100, workerWanted: false, backlogSeconds: 0 },
    ...facts,
  }
  return scaleSignal(status, { targetSeconds })
}

describe("scaleSignal", () => {
  it.each([
    [{}, 0],
    [{ waitingJobs: 1, waitingTokens: 1 }, 1],
    [{ waitingJobs: 1, waitingTokens: 6000 }, 1],
    [{ waitingJobs: 1, waitingTokens: 6001 }, 2],
    [{ waitingJobs: 9, waitingTokens: 600_000 }, 100],
    // Its texts are refused, which a worker has to say.
    [{ waitingJobs: 1, waitingTokens: 0 }, 1],
    [{ delayedJobs: 1, waitingTokens: 6001 }, 2],
    [{ activeJobs: 1 }, 1],
    [{ paused: true, waitingJobs: 9, waitingTokens: 600_000 }, 0],
    [{ paused: true, waitingJobs: 9, waitingTokens: 600_000, activeJobs: 1 }, 1],
  ])("%j, a worker can do 100 tokens/s, for 60 s - %d wanted", (lane, desiredWorkers) => {
    expect(signalOf(lane)).toMatchObject({ desiredWorkers, workers: 0 })
  })

  it("half the time - twice the workers", () => {
    expect(signalOf({ waitingJobs: 1, waitingTokens: 60_000 }, {}, 30).desiredWorkers).toBe(20)
  })

  it("nobody knows what a worker can do - one is wanted, however much waits", () => {
    expect(signalOf({ waitingJobs: 1, waitingTokens: 1e9 }, { workerTokensPerSecond: undefined }).desiredWorkers).toBe(
      1,
    )
    expect(signalOf({}, { workerTokensPerSecond: undefined }).desiredWorkers).toBe(0)
  })

  it("somebody wants a worker, nothing waits - one is wanted", () => {
    expect(signalOf({}, { workerWanted: true }).desiredWorkers).toBe(1)
  })
})
