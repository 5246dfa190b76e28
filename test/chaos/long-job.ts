import { setTimeout as wait } from "node:timers/promises"
import { WorkerEmitter } from "../../src/events.ts"
import type { Labeller } from "../../src/labeller.ts"
import { createProducer } from "../../src/producer/create-producer.ts"
import { createWorker } from "../../src/worker/create-worker.ts"
import type { WorkerOptions } from "../../src/worker/options.ts"
import { startRedisServer } from "../redis/redis-server.ts"
import { RedisLook } from "./redis-contents.ts"
import type { TrialResult } from "./trial.ts"

/** What two workers of which one has a long job make of it. */
export interface LongJob {
  readonly labelMs: number
  /** Without it, the lock of a worker as it is by default. */
  readonly lockMs?: number
  readonly stalledCheckMs?: number
}

/** A labeller that is slow with everything but the canary, and counts. */
function slowLabeller(labelMs: number, onText: () => void): Labeller {
  const model = { name: "slow", revision: "1", dtype: "fp32", labels: ["SLOW"], maxLength: 512 }
  return {
    model,
    async label(texts, options) {
      if (texts[0]?.startsWith("long")) {
        onText()
        await wait(labelMs, undefined, options?.signal && { signal: options.signal })
      }
      return texts.map(() => ({ label: "SLOW", score: 1, tokens: 3, truncated: false, windows: 1 }))
    },
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
  }
}

/** Labels one text for longer than a lock lasts, where another worker would take the job if it could. */
export async function playLong({ labelMs, ...times }: LongJob): Promise<TrialResult> {
  const startedMs = performance.now()
  await using server = await startRedisServer()
  using look = new RedisLook(server.url)
  let [labelled, stalled] = [0, 0]
  const labeller = slowLabeller(labelMs, () => {
    labelled++
  })
  const events = new WorkerEmitter()
  events.on("stalled", () => {
    stalled++
  })
  const options: WorkerOptions = { ...times, redis: server.url }
  await using _one = await createWorker({ labeller, options, events })
  await using _other = await createWorker({ labeller, options, events })
  await using producer = await createProducer({ redis: server.url })
  const [result] = await producer.label(["long"])
  const contents = await look.contents()
  const problems = [
    ...(result?.error || !result ? ["the text must have a label; it has none"] : []),
    ...(labelled === 1 ? [] : [`the text must be labelled once; it was ${labelled} times`]),
    ...(stalled === 0 ? [] : [`no job must be stalled; ${stalled} were`]),
  ]
  return {
    kind: "long",
    seed: 0,
    rows: 1,
    lost: result?.error || !result ? 1 : 0,
    doubled: labelled - 1,
    deadLetters: contents.deadLetters,
    leftActive: contents.active,
    leftResults: contents.completed,
    seconds: (performance.now() - startedMs) / 1000,
    problems,
    log: "",
  }
}
