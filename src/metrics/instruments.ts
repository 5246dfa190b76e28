import { Counter, Gauge, Histogram, type Registry } from "prom-client"
import type { Labels, MetricDeclaration } from "./declaration.ts"

type LabelOf<D extends MetricDeclaration> = keyof D["labels"] & string

type Instrument<D extends MetricDeclaration> = D["kind"] extends "counter"
  ? Counter<LabelOf<D>>
  : D["kind"] extends "gauge"
    ? Gauge<LabelOf<D>>
    : Histogram<LabelOf<D>>

/** What is moved, one for each declaration. */
export type Instruments<D extends Readonly<Record<string, MetricDeclaration>>> = {
  readonly [K in keyof D]: Instrument<D[K]>
}

/** Every combination of the labels' values; none if a worker has to give one. */
function combinations(labels: Labels): Record<string, string>[] {
  return Object.entries(labels).reduce<Record<string, string>[]>(
    (sofar, [label, values]) =>
      values === "given" ? [] : sofar.flatMap(some => values.map(value => ({ ...some, [label]: value }))),
    [{}],
  )
}

function createInstrument(declaration: MetricDeclaration, registry: Registry): Counter | Gauge | Histogram {
  const { name, help, labels } = declaration
  const configuration = { name, help, labelNames: Object.keys(labels), registers: [registry] }
  switch (declaration.kind) {
    case "counter": {
      const counter = new Counter(configuration)
      for (const values of combinations(labels)) counter.inc(values, 0)
      return counter
    }
    case "gauge": {
      const gauge = new Gauge(configuration)
      // prom-client starts a gauge without labels at 0, which would report empty queues before anybody looked.
      if (configuration.labelNames.length === 0) gauge.remove()
      return gauge
    }
    case "histogram": {
      const histogram = new Histogram({ ...configuration, buckets: [...declaration.buckets] })
      for (const values of combinations(labels)) histogram.zero(values)
      return histogram
    }
  }
}

/** A counter, gauge or histogram for each declaration, in a registry. */
export function createInstruments<D extends Readonly<Record<string, MetricDeclaration>>>(
  declarations: D,
  registry: Registry,
): Instruments<D> {
  const instruments = Object.entries(declarations).map(([key, declaration]) => [
    key,
    createInstrument(declaration, registry),
  ])
  return Object.fromEntries(instruments) as Instruments<D>
}
