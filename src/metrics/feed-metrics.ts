import type { ClassifierEvents, JobOutcome, WorkerEmitter, WorkerEvents } from "../events.ts"
import type { DeviceFacts } from "../labeller.ts"
import type { classifierMetrics } from "./classifier-metrics.ts"
import type { CountedEvent } from "./declaration.ts"
import type { metricDeclarations } from "./declarations.ts"
import type { Instruments } from "./instruments.ts"
import type { queueMetrics } from "./queue-metrics.ts"

type Metrics = Instruments<typeof metricDeclarations>
type ClassifierMetrics = Instruments<typeof classifierMetrics>
type Listeners<E extends keyof WorkerEvents> = { readonly [Event in E]: (...event: WorkerEvents[Event]) => void }

/** Final outcomes of a job. */
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

function countMicroBatch(metrics: ClassifierMetrics, batch: WorkerEvents["microBatch"][0]): void {
  const runSeconds = batch.runMs / 1000
  metrics.microBatchTexts.observe(batch.texts)
  metrics.microBatchTokens.observe(batch.paddedTokens)
  metrics.tokens.inc(batch.tokens)
  metrics.paddedTokens.inc(batch.paddedTokens)
  metrics.inference.observe(runSeconds)
  metrics.deviceBusy.inc(runSeconds)
  for (const waitMs of batch.waitMs) metrics.batchWait.observe({ lane: batch.lane }, waitMs / 1000)
}

/** Sets the metrics from a look at the queues. */
export function setBacklog(metrics: Instruments<typeof queueMetrics>, backlog: WorkerEvents["backlog"][0]): void {
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

/** Sets what is known of a classifier's devices before anything happens on them. */
export function setDevices(metrics: ClassifierMetrics, devices: readonly DeviceFacts[]): void {
  for (const { device, children, maxBatchTokens, tokensPerSecond } of devices) {
    metrics.tokenBudget.set({ device }, maxBatchTokens)
    metrics.deviceChildren.set({ device }, children)
    if (tokensPerSecond !== undefined) metrics.tunedSpeed.set({ device }, tokensPerSecond)
  }
}

function classifierListeners(metrics: ClassifierMetrics): Listeners<keyof ClassifierEvents> {
  return {
    tokenised: ({ texts, ms }) => {
      metrics.tokenise.observe(ms / 1000)
      metrics.tokenisedTexts.inc(texts)
    },
    microBatch: batch => countMicroBatch(metrics, batch),
    outOfMemory: ({ device, maxBatchTokens }) => {
      metrics.outOfMemory.inc()
      metrics.tokenBudget.set({ device }, maxBatchTokens)
    },
    deviceRestarted: () => metrics.deviceRestarts.inc(),
    devicesLost: () => metrics.devicesLost.set(1),
  }
}

function workerListeners(metrics: Metrics): Listeners<CountedEvent> {
  let redisIsAway = false
  return {
    ...classifierListeners(metrics),
    job: job => countJob(metrics, job),
    stalled: ({ lane }) => metrics.stalledJobs.inc({ lane }),
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
 * Moves the metrics of a worker with each event.
 *
 * @returns stops it
 */
export function feedMetrics(metrics: Metrics, events: WorkerEmitter): () => void {
  return listenTo(events, workerListeners(metrics))
}

/**
 * Moves the metrics of a classifier with each of its events.
 *
 * @returns stops it
 */
export function feedClassifierMetrics(metrics: ClassifierMetrics, events: WorkerEmitter): () => void {
  return listenTo(events, classifierListeners(metrics))
}

function listenTo(events: WorkerEmitter, named: Partial<Listeners<keyof WorkerEvents>>): () => void {
  const listeners = Object.entries(named) as [keyof WorkerEvents, (event?: unknown) => void][]
  for (const [event, listener] of listeners) events.on(event, listener)
  return () => {
    for (const [event, listener] of listeners) events.off(event, listener)
  }
}
