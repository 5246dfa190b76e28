import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { type JobOutcome, WorkerEmitter, type WorkerEvents } from "../../src/events.ts"
import { createMetrics, type MeasuredWorker, type Metrics } from "../../src/metrics/create-metrics.ts"
import type { Feed as AnyFeed, MetricDeclaration, ServerFeed } from "../../src/metrics/declaration.ts"
import { metricDeclarations } from "../../src/metrics/declarations.ts"
import { samplesOf } from "./samples.ts"
import { workerEvents } from "./worker-events.ts"

type Feed = Exclude<AnyFeed, ServerFeed | "look">

const declarations: MetricDeclaration[] = Object.values(metricDeclarations)
const job = workerEvents.job[0]

describe("createMetrics", () => {
  let events: WorkerEmitter
  let worker: MeasuredWorker
  let metrics: Metrics

  beforeEach(() => {
    events = new WorkerEmitter()
    worker = {
      events,
      model: {
        name: "sentiment-small",
        revision: "abc123",
        dtype: "int8",
        labels: ["NEGATIVE", "POSITIVE"],
        maxLength: 512,
      },
      device: "cpu:2",
      devices: [{ device: "cpu:2", children: 2, maxBatchTokens: 512, maxBatchTexts: 64, tokensPerSecond: 50_000 }],
      concurrency: { interactive: 8, bulk: 2 },
      version: "0.1.0",
    }
    metrics = createMetrics(worker)
  })
  afterEach(() => metrics.close())

  /** Typed loosely: the map's types hold that each event is emitted with what belongs to it. */
  const emit = (event: keyof WorkerEvents) => (events as NodeJS.EventEmitter).emit(event, ...workerEvents[event])
  const emitJob = (outcome: JobOutcome, texts = job.texts) => events.emit("job", { ...job, outcome, texts })

  /** Feeds whose metrics are at rest where nothing came before: Redis goes away only after it was there. */
  const before: Partial<Record<Feed, () => void>> = { redisAway: () => emit("redisBack") }
  const feed: Record<Feed, () => void> = {
    tokenised: () => emit("tokenised"),
    microBatch: () => emit("microBatch"),
    outOfMemory: () => emit("outOfMemory"),
    deviceRestarted: () => emit("deviceRestarted"),
    devicesLost: () => emit("devicesLost"),
    job: () => (["completed", "retried", "dead"] as const).forEach(outcome => void emitJob(outcome)),
    stalled: () => emit("stalled"),
    redisAway: () => emit("redisAway"),
    redisBack: () => emit("redisBack"),
    backlog: () => emit("backlog"),
    setReady: () => metrics.setReady(true),
    createMetrics: () => {
      metrics = createMetrics({
        ...worker,
        model: { ...worker.model, revision: "def456" },
        devices: [{ device: "cpu:2", children: 1, maxBatchTokens: 1024, maxBatchTexts: 64, tokensPerSecond: 60_000 }],
        concurrency: { interactive: 3, bulk: 1 },
        version: "0.2.0",
      })
    },
  }

  const allSamples = async () => {
    const text = await metrics.text()
    return new Map(declarations.map(({ name }) => [name, samplesOf(text, name)]))
  }

  const feeds = Object.keys(feed) as Feed[]
  it.each(feeds)("is fed by %s - moves the metrics that are declared to be fed by it, and no other", async source => {
    before[source]?.()
    const atRest = await allSamples()
    feed[source]()
    const fed = await allSamples()
    const moved = declarations.filter(({ name }) => JSON.stringify(atRest.get(name)) !== JSON.stringify(fed.get(name)))
    const declared = declarations.filter(({ fedBy }) => fedBy.includes(source))
    expect(moved.map(({ name }) => name)).toEqual(declared.map(({ name }) => name))
    expect(declared).not.toEqual([])
  })

  it.each(declarations)(
    "$name - has a sample of every combination of its labels once everything was told",
    async of => {
      for (const source of feeds) if (source !== "createMetrics") feed[source]()
      const samples = samplesOf(await metrics.text(), of.name)
      const combinations = Object.values(of.labels).reduce(
        (product, values) => product * (values === "given" ? 1 : values.length),
        1,
      )
      const perCombination = of.kind === "histogram" ? of.buckets.length + 3 : 1
      expect(Object.keys(samples)).toHaveLength(combinations * perCombination)
    },
  )

  const samples = async (name: string) => samplesOf(await metrics.text(), name)

  it("tells what a text is counted as: a failed text of a completed job, and the texts of a dead letter", async () => {
    for (const outcome of ["completed", "dead", "retried", "expired", "lost", "handed_back", "cancelled"] as const)
      emitJob(outcome)
    expect(await samples("valence_texts_total")).toMatchObject({
      'valence_texts_total{lane="bulk",outcome="labelled"}': 9,
      'valence_texts_total{lane="bulk",outcome="failed"}': 11,
      'valence_texts_total{lane="interactive",outcome="labelled"}': 0,
    })
  })

  it("observes a job's wait once: when it ended, not when it was given back, lost or tried again", async () => {
    for (const outcome of ["retried", "lost", "handed_back"] as const) emitJob(outcome)
    const count = 'valence_queue_wait_seconds_count{lane="bulk"}'
    expect((await samples("valence_queue_wait_seconds"))[count]).toBe(0)
    for (const outcome of ["completed", "dead", "expired", "cancelled"] as const) emitJob(outcome)
    expect((await samples("valence_queue_wait_seconds"))[count]).toBe(4)
  })

  it("takes a wait below 0, where the producer's clock is ahead, for none", async () => {
    events.emit("job", { ...job, queueSeconds: -3 })
    expect(await samples("valence_queue_wait_seconds")).toMatchObject({
      'valence_queue_wait_seconds_sum{lane="bulk"}': 0,
      'valence_queue_wait_seconds_count{lane="bulk"}': 1,
    })
  })

  it("gives seconds for ms, and padded tokens for the budget of a micro-batch", async () => {
    emit("microBatch")
    expect(await samples("valence_batch_wait_seconds")).toMatchObject({
      'valence_batch_wait_seconds_sum{lane="bulk"}': 0.254,
      'valence_batch_wait_seconds_count{lane="bulk"}': 2,
    })
    expect(await samples("valence_device_busy_seconds_total")).toEqual({ valence_device_busy_seconds_total: 0.02 })
    expect(await samples("valence_micro_batch_tokens")).toMatchObject({ valence_micro_batch_tokens_sum: 40 })
  })

  it("tells nothing of the queues before somebody looked: 0 would say that there is nothing to do", async () => {
    expect(await samples("valence_backlog_seconds")).toEqual({})
    expect(await samples("valence_queue_jobs")).toEqual({})
    emit("backlog")
    expect(await samples("valence_backlog_seconds")).toEqual({ valence_backlog_seconds: 12.5 })
  })

  it("tells of a backlog without end where no worker makes headway", async () => {
    events.emit("backlog", { ...workerEvents.backlog[0], backlogSeconds: Number.POSITIVE_INFINITY })
    expect(await samples("valence_backlog_seconds")).toEqual({ valence_backlog_seconds: Number.POSITIVE_INFINITY })
  })

  it("does not take the end of a look that was under way for Redis being back", async () => {
    emit("backlog")
    emit("redisAway")
    emit("backlog")
    expect(await samples("valence_redis_up")).toEqual({ valence_redis_up: 0 })
    emit("redisBack")
    expect(await samples("valence_redis_up")).toEqual({ valence_redis_up: 1 })
  })

  it(".text() - has Prometheus' format, and the metrics of the process and of Node", async () => {
    expect(metrics.contentType).toMatch(/^text\/plain; version=0\.0\.4/)
    expect(await metrics.text()).toContain("# TYPE nodejs_eventloop_lag_p99_seconds gauge")
    expect(await metrics.text()).toContain("# TYPE process_resident_memory_bytes gauge")
  })

  it(".close() - lets go of the emitter, and may be called twice", async () => {
    metrics.close()
    metrics.close()
    expect(events.eventNames()).toEqual([])
    emit("stalled")
    expect((await samples("valence_stalled_jobs_total"))['valence_stalled_jobs_total{lane="interactive"}']).toBe(0)
  })

  it("has a registry of its own: two workers in one process count apart", async () => {
    using other = createMetrics({ ...worker, events: new WorkerEmitter() })
    emit("deviceRestarted")
    expect(samplesOf(await other.text(), "valence_device_restarts_total")).toEqual({ valence_device_restarts_total: 0 })
  })
})
