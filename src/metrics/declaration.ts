import type { WorkerEvents } from "../events.ts"

/** What moves a metric of a server: a call from it, or an event of its classifier. */
export type ServerFeed = "createServerMetrics" | "text" | "request" | "refused" | "texts" | "unforeseen" | "webhook"

/** The events of a worker that move a metric: the others are for the log. */
export type CountedEvent = Exclude<keyof WorkerEvents, "bullmqError">

/** What moves a metric: an event, or a call from the program that runs the worker or the server. */
export type Feed = CountedEvent | "createMetrics" | "setReady" | "look" | ServerFeed

/** What a value counts. */
export type Unit =
  | "seconds"
  | "texts"
  | "tokens"
  | "jobs"
  | "requests"
  | "events"
  | "children"
  | "workers"
  | "0 or 1"
  | "1"

/** The values that a label may take; `given` if the process has one or a few: its model, its routes. */
export type Labels = Readonly<Record<string, readonly string[] | "given">>

interface Declared {
  /** With its prefix, its unit, and `_total` for a counter. */
  readonly name: `valence_${string}`
  readonly unit: Unit
  readonly labels: Labels
  /** One line, without a full stop. */
  readonly help: string
  readonly fedBy: readonly [Feed, ...Feed[]]
}

/** Only grows while the worker lives. Every combination of its labels is there from the start, as 0: an alert sees the first. */
export interface CounterDeclaration extends Declared {
  readonly kind: "counter"
  readonly name: `valence_${string}_total`
}

/** Goes up and down. It is absent until its value is known: no look at the queues is not the same as empty queues. */
export interface GaugeDeclaration extends Declared {
  readonly kind: "gauge"
}

/** How values are spread. */
export interface HistogramDeclaration extends Declared {
  readonly kind: "histogram"
  /** Upper bounds, in `unit`, growing. */
  readonly buckets: readonly number[]
}

/** A metric, declared once: the registry, docs/reference/metrics.md, and the tests of dashboard and alerts come from here. */
export type MetricDeclaration = CounterDeclaration | GaugeDeclaration | HistogramDeclaration
