import { expect, it } from "vitest"
import { describeStatus, statusJson } from "../../../src/cli/show/describe-queues.ts"
import type { QueueStatus } from "../../../src/queue/status/queue-status.ts"

const lane = {
  lane: "bulk",
  paused: false,
  waitingJobs: 1,
  activeJobs: 0,
  delayedJobs: 0,
  failedJobs: 0,
  waitingTexts: 1,
  waitingTokens: 9,
  oldestWaitingSeconds: 3,
} as const
const worker = {
  id: "a",
  host: "gpu-7\x1b[31m",
  pid: 42,
  model: { name: "m", revision: "abc", dtype: "int8", labels: ["A"], maxLength: Infinity },
  device: "cpu:2",
  startedMs: 0,
  tokensPerSecond: 12_345,
  textsPerSecond: 678,
}

const status = (facts: Partial<QueueStatus>): QueueStatus => ({
  lanes: [lane],
  deadLetters: 0,
  workers: [],
  textsPerSecond: 0,
  tokensPerSecond: 0,
  workerTokensPerSecond: 100,
  workerWanted: false,
  backlogSeconds: 95,
  ...facts,
})

it.each([
  [{}, "backlog: no worker is there; one would need 1 min 35 s"],
  [
    { workers: [worker], workerTokensPerSecond: undefined },
    "backlog: unknown: no worker has reported its tokens/s yet",
  ],
  [{ workers: [worker] }, "backlog: 1 min 35 s of work for the fleet"],
  [{ lanes: [{ ...lane, waitingJobs: 0 }] }, "backlog: nothing waits"],
  [{ lanes: [{ ...lane, paused: true }], backlogSeconds: 0 }, "backlog: none, what waits is paused"],
  [{}, "dead letters: none"],
  [{ deadLetters: 1234 }, "dead letters: 1,234, see valence dead list"],
  [{ workers: [worker, worker], textsPerSecond: 1356 }, "fleet: 2 workers, 1,356 texts/s"],
  [{ workers: [worker] }, "│ gpu-7 [31m │ 42  │ m int8 abc │ cpu:2  │ 678     │ 12,345   │"],
])("describeStatus %#- has its line", (facts, line) => {
  expect(describeStatus(status(facts)).split("\n")).toContain(line)
})

it("statusJson - an object, null for what is endless", () => {
  const json = JSON.parse(statusJson(status({ workers: [worker] })))
  expect(json).toMatchObject({ backlogSeconds: 95, workers: [{ model: { maxLength: null } }] })
})
