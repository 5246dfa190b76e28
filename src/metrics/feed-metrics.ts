import type { JobOutcome, WorkerEmitter, WorkerEvents } from "../events.ts"
import type { metricDeclarations } from "./declarations.ts"
import type { Instruments } from "./instruments.ts"

type Metrics = Instruments<typeof metricDeclarations>
type Listeners = { readonly [E in keyof WorkerEvents]: (...event: WorkerEvents[E]) => void }

/** Outcomes after which nobody takes the job again. */
const ended: ReadonlySet<JobOutcome> = new Set(["completed", "expired", "cancelled", "dead"])

function countJob(metrics: Metrics, job: WorkerEvents["job"][0]): void {
  const { lane, outcome, texts, failedTexts } = job
  metrics.jobs.inc({ lane, outcome })
  // Two machines' clocks are compared: the producer's may be ahead.
  if (ended.has(outcome)) metrics.queueWait.observe({ lane }, Math.max(0, job.queueSeconds))
  if (outcome === "completed") {
    metrics.texts.inc({ lane, outcome: "labelled" }, texts - failedTexts)
    metrics.texts.inc({ lane, outcome: "failed" }, failedTexts)
    metrics.label.observe({ lane }, job.labelSeconds)
  }
  if (outcome === "retried") metrics.retries.inc({ lane })
  if (outcome === "dead") {
    metrics.texts.inc({ lane, outcome: "failed" }, texts)
    metrics.deadLettersSent.inc({ lane })
  }
}

function countMicroBatch(metrics: Metrics, batch: WorkerEvents["microBatch"][0]): void {
  const runSeconds = batch.runMs / 1000
  metrics.microBatchTexts.observe(batch.texts)
  metrics.microBatchTokens.observe(batch.paddedTokens)
  metrics.tokens.inc(batch.tokens)
  metrics.paddedTokens.inc(batch.paddedTokens)
  metrics.inference.observe(runSeconds)
  metrics.deviceBusy.inc(runSeconds)
  for (const waitMs of batch.waitMs) metrics.batchWait.observe({ lane: batch.lane }, waitMs / 1000)
}

function setBacklog(metrics: Metrics, backlog: WorkerEvents["backlog"][0]): void {
  for (const queue of backlog.queues) {
    const { lane } = queue
    metrics.queueJobs.set({ lane, state: "waiting" }, queue.waitingJobs)
    metrics.queueJobs.set({ lane, state: "active" }, queue.activeJobs)
    metrics.queueJobs.set({ lane, state: "delayed" }, queue.delayedJobs)
    metrics.queueJobs.set({ lane, state: "failed" }, queue.failedJobs)
    metrics.waitingTexts.set({ lane }, queue.waitingTexts)
    metrics.waitingTokens.set({ lane }, queue.waitingTokens)
    metrics.oldestWaiting.set({ lane }, queue.oldestWaitingSeconds)
  }
  metrics.deadLetters.set(backlog.deadLetters)
  metrics.backlog.set(backlog.backlogSeconds)
  metrics.backlogSeenAt.setToCurrentTime()
}

function listenersOf(metrics: Metrics): Listeners {
  let redisIsAway = false
  return {
    job: job => countJob(metrics, job),
    stalled: ({ lane }) => metrics.stalledJobs.inc({ lane }),
    tokenised: ({ texts, ms }) => {
      metrics.tokenise.observe(ms / 1000)
      metrics.tokenisedTexts.inc(texts)
    },
    microBatch: batch => countMicroBatch(metrics, batch),
    deviceRestarted: () => metrics.deviceRestarts.inc(),
    devicesLost: () => metrics.devicesLost.set(1),
    redisAway: () => {
      redisIsAway = true
      metrics.redisUp.set(0)
    },
    redisBack: ({ awayMs }) => {
      redisIsAway = false
      metrics.redisUp.set(1)
      metrics.redisReconnects.inc()
      metrics.redisAway.inc(awayMs / 1000)
    },
    backlog: backlog => {
      setBacklog(metrics, backlog)
      // A look that was under way when Redis went may end after the news of it.
      if (!redisIsAway) metrics.redisUp.set(1)
    },
  }
}

/**
 * Moves the metrics with each event.
 *
 * @returns stops it
 */
export function feedMetrics(metrics: Metrics, events: WorkerEmitter): () => void {
  const listeners = Object.entries(listenersOf(metrics)) as [keyof WorkerEvents, (event?: unknown) => void][]
  for (const [event, listener] of listeners) events.on(event, listener)
  return () => {
    for (const [event, listener] of listeners) events.off(event, listener)
  }
}
