import { collectDefaultMetrics, Registry } from "prom-client"
import type { WorkerEmitter } from "../events.ts"
import type { DeviceFacts, ModelInfo } from "../labeller.ts"
import { serverDeclarations } from "./declarations.ts"
import { feedClassifierMetrics, setDevices } from "./feed-metrics.ts"
import { createInstruments } from "./instruments.ts"

/** A server, as its metrics know it. */
export interface MeasuredServer {
  /** The events of its own classifier; none in front of a fleet. */
  readonly events: WorkerEmitter
  readonly model: ModelInfo
  /** What its own classifier labels on. */
  readonly devices: readonly DeviceFacts[]
  /** The version of Valence. */
  readonly version: string
}

/** The metrics of one server. */
export interface ServerMetrics extends Disposable {
  /** The content type of `text()`: Prometheus' text format. */
  readonly contentType: string
  /** What `/metrics` answers. */
  text(ready: boolean): Promise<string>
  /** A request ended. @param route - its pattern, not its path: there are few */
  request(route: string, status: number, seconds: number): void
  /** A request was answered with a problem. */
  refused(code: string): void
  /** Texts begin to be labelled; disposed, they are no longer under way. */
  texts(count: number): Disposable
  /** An error that no request's handler caught. */
  unforeseen(): void
  /** An attempt to deliver a webhook. */
  webhook(outcome: "delivered" | "retried" | "given_up"): void
}

/**
 * Counts what a server does, in a registry of its own, with its classifier's events, and the process' and Node's own metrics.
 *
 * @example
 * using metrics = createServerMetrics({ events, model, devices: [], version })
 * await metrics.text(true) // → '# HELP valence_http_requests_total …'
 */
export function createServerMetrics({ events, model, devices, version }: MeasuredServer): ServerMetrics {
  const registry = new Registry()
  const metrics = createInstruments(serverDeclarations, registry)
  collectDefaultMetrics({ register: registry })
  metrics.devicesLost.set(0)
  setDevices(metrics, devices)
  metrics.httpTextsUnderWay.set(0)
  const { name, revision, dtype } = model
  metrics.serverModel.set({ name, revision, dtype, version, node: process.version }, 1)
  const stop = feedClassifierMetrics(metrics, events)
  return {
    contentType: registry.contentType,
    text(ready) {
      metrics.serverReady.set(ready ? 1 : 0)
      return registry.metrics()
    },
    request(route, status, seconds) {
      metrics.httpRequests.inc({ route, status })
      metrics.httpSeconds.observe({ route }, seconds)
    },
    refused: code => metrics.httpRefused.inc({ code }),
    texts(count) {
      metrics.httpTexts.inc(count)
      metrics.httpTextsUnderWay.inc(count)
      return { [Symbol.dispose]: () => metrics.httpTextsUnderWay.dec(count) }
    },
    unforeseen: () => metrics.unforeseen.inc(),
    webhook: outcome => metrics.webhooks.inc({ outcome }),
    [Symbol.dispose]: stop,
  }
}
