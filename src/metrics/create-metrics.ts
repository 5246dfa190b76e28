import { collectDefaultMetrics, Registry } from "prom-client"
import type { WorkerEmitter } from "../events.ts"
import type { DeviceFacts, Lane, ModelInfo } from "../labeller.ts"
import { metricDeclarations } from "./declarations.ts"
import { feedMetrics, setDevices } from "./feed-metrics.ts"
import { createInstruments } from "./instruments.ts"

/** A worker, as its metrics know it. */
export interface MeasuredWorker {
  readonly events: WorkerEmitter
  readonly model: ModelInfo
  /** As it was asked for: `cpu`, `cpu:2`. */
  readonly device: string
  /** What its classifier labels on; empty if it has none. */
  readonly devices: readonly DeviceFacts[]
  /** Jobs taken at a time. */
  readonly concurrency: Readonly<Record<Lane, number>>
  /** The version of Valence. */
  readonly version: string
}

/** The metrics of one worker. */
export interface Metrics extends Disposable {
  /** The content type of `text()`: Prometheus' text format. */
  readonly contentType: string
  /** What `/metrics` answers. */
  text(): Promise<string>
  /** Whether the worker takes jobs, as `/readyz` says; `false` until it is set. */
  setReady(ready: boolean): void
  /** Stops listening; `text()` still gives what was counted. */
  close(): void
}

/**
 * Counts a worker's events, in a registry of its own, with the process' and Node's own metrics.
 *
 * @example
 * using metrics = createMetrics({ events, model, device: 'cpu', devices: [], concurrency: { interactive: 8, bulk: 2 }, version })
 * await metrics.text() // → '# HELP valence_texts_total …'
 */
export function createMetrics(worker: MeasuredWorker): Metrics {
  const { events, model, device, devices, concurrency, version } = worker
  const registry = new Registry()
  const metrics = createInstruments(metricDeclarations, registry)
  collectDefaultMetrics({ register: registry })
  metrics.ready.set(0)
  metrics.redisUp.set(0)
  metrics.devicesLost.set(0)
  setDevices(metrics, devices)
  metrics.concurrency.set({ lane: "interactive" }, concurrency.interactive)
  metrics.concurrency.set({ lane: "bulk" }, concurrency.bulk)
  metrics.model.set({ name: model.name, revision: model.revision, dtype: model.dtype, device }, 1)
  metrics.build.set({ version, node: process.version }, 1)
  const stop = feedMetrics(metrics, events)
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    setReady: ready => metrics.ready.set(ready ? 1 : 0),
    close: stop,
    [Symbol.dispose]: stop,
  }
}
