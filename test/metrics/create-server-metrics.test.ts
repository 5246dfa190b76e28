import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { type ClassifierEvents, WorkerEmitter } from "../../src/events.ts"
import {
  createServerMetrics,
  type MeasuredServer,
  type ServerMetrics,
} from "../../src/metrics/create-server-metrics.ts"
import type { MetricDeclaration, ServerFeed } from "../../src/metrics/declaration.ts"
import { serverDeclarations } from "../../src/metrics/declarations.ts"
import { samplesOf } from "./samples.ts"
import { workerEvents } from "./worker-events.ts"

const declarations: MetricDeclaration[] = Object.values(serverDeclarations)

describe("createServerMetrics", () => {
  let server: MeasuredServer
  let metrics: ServerMetrics
  let ready = false

  beforeEach(() => {
    const model = {
      name: "sentiment-small",
      revision: "abc123",
      dtype: "int8",
      labels: ["NEGATIVE", "POSITIVE"],
      maxLength: 512,
    }
    const devices = [{ device: "cpu:2", children: 2, maxBatchTokens: 512, maxBatchTexts: 64, tokensPerSecond: 50_000 }]
    server = { events: new WorkerEmitter(), model, devices, version: "0.1.0" }
    metrics = createServerMetrics(server)
    ready = false
  })
  afterEach(() => metrics[Symbol.dispose]())

  const emit = (event: keyof ClassifierEvents) =>
    (server.events as NodeJS.EventEmitter).emit(event, ...workerEvents[event])
  const feed: Record<ServerFeed | keyof ClassifierEvents, () => void> = {
    tokenised: () => emit("tokenised"),
    microBatch: () => emit("microBatch"),
    outOfMemory: () => emit("outOfMemory"),
    deviceRestarted: () => emit("deviceRestarted"),
    devicesLost: () => emit("devicesLost"),
    request: () => metrics.request("/v1/label", 200, 0.02),
    refused: () => metrics.refused("overloaded"),
    texts: () => void metrics.texts(3),
    unforeseen: () => metrics.unforeseen(),
    webhook: () => metrics.webhook("delivered"),
    text: () => {
      ready = true
    },
    createServerMetrics: () => {
      const devices = [{ device: "cpu:2", children: 1, maxBatchTokens: 64, maxBatchTexts: 64, tokensPerSecond: 9 }]
      metrics = createServerMetrics({ ...server, devices, version: "0.2.0" })
    },
  }
  const allSamples = async () => {
    const text = await metrics.text(ready)
    return new Map(declarations.map(({ name }) => [name, samplesOf(text, name)]))
  }

  it.each(Object.keys(feed) as (keyof typeof feed)[])(
    "is fed by %s - moves what is declared to be fed by it, and no other",
    async source => {
      const atRest = await allSamples()
      feed[source]()
      const fed = await allSamples()
      const moved = declarations.filter(
        ({ name }) => JSON.stringify(atRest.get(name)) !== JSON.stringify(fed.get(name)),
      )
      expect(moved.map(({ name }) => name)).toEqual(
        declarations.filter(({ fedBy }) => fedBy.includes(source)).map(({ name }) => name),
      )
    },
  )

  it("texts that were labelled - are no longer under way", async () => {
    const texts = metrics.texts(3)
    expect((await allSamples()).get("valence_http_texts_under_way")).toEqual({ valence_http_texts_under_way: 3 })
    texts[Symbol.dispose]()
    expect((await allSamples()).get("valence_http_texts_under_way")).toEqual({ valence_http_texts_under_way: 0 })
    expect((await allSamples()).get("valence_http_texts_total")).toEqual({ valence_http_texts_total: 3 })
  })
})
