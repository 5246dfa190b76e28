import type { WorkerEvents } from "../../src/events.ts"

/** Each event as a worker may emit it, so that whatever listens to it has something to count. */
export const workerEvents: { readonly [E in keyof WorkerEvents]: WorkerEvents[E] } = {
  tokenised: [{ texts: 40, ms: 3 }],
  microBatch: [{ lane: "bulk", texts: 2, tokens: 30, paddedTokens: 40, waitMs: [4, 250], runMs: 20 }],
  outOfMemory: [{ device: "cpu:2", texts: 8, paddedTokens: 512, maxBatchTokens: 256 }],
  deviceRestarted: [],
  devicesLost: [{ error: new Error("no device is left") }],
  job: [
    {
      lane: "bulk",
      id: "j1",
      outcome: "completed",
      texts: 10,
      failedTexts: 1,
      tokens: 90,
      queueSeconds: 40,
      labelSeconds: 0.2,
    },
  ],
  stalled: [{ lane: "interactive" }],
  bullmqError: [{ lane: "bulk", error: new Error("Missing lock for job j1. moveToFinished") }],
  redisAway: [{ error: new Error("ECONNREFUSED"), refuses: false }],
  redisBack: [{ awayMs: 2500 }],
  backlog: [
    {
      queues: [
        {
          lane: "interactive",
          waitingJobs: 3,
          activeJobs: 2,
          delayedJobs: 1,
          failedJobs: 0,
          waitingTexts: 5,
          waitingTokens: 120,
          oldestWaitingSeconds: 0.5,
        },
        {
          lane: "bulk",
          waitingJobs: 70,
          activeJobs: 4,
          delayedJobs: 0,
          failedJobs: 6,
          waitingTexts: 17_920,
          waitingTokens: 448_000,
          oldestWaitingSeconds: 95,
        },
      ],
      deadLetters: 6,
      backlogSeconds: 12.5,
    },
  ],
}
