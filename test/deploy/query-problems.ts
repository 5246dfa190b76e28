import type { MetricDeclaration } from "../../src/metrics/declaration.ts"
import { fleetDeclarations, metricDeclarations, serverDeclarations } from "../../src/metrics/declarations.ts"

/** Of workers, servers and the exporter of queues. */
export const allMetrics: readonly MetricDeclaration[] = Object.values({
  ...metricDeclarations,
  ...serverDeclarations,
  ...fleetDeclarations,
})

/** What Prometheus adds to every sample, and what it keeps of alerts. */
const addedLabels = ["instance", "job", "le", "alertname", "alertstate", "severity"]

/** The declaration behind a name in a query: a histogram is asked for by its `_bucket`, `_sum` or `_count`. */
export function declarationOf(name: string): MetricDeclaration | undefined {
  return allMetrics.find(metric =>
    metric.kind === "histogram"
      ? ["_bucket", "_sum", "_count"].some(end => name === `${metric.name}${end}`)
      : metric.name === name,
  )
}

/** The metrics of Valence in a text with queries. */
export function metricsIn(text: string): string[] {
  return [...text.matchAll(/\bvalence_\w+/g)].map(([name]) => name)
}

function selectorProblems(text: string): string[] {
  return [...text.matchAll(/\b(valence_\w+)(?:\{([^}]*)\})?/g)].flatMap(([, name = "", matchers = ""]) => {
    const metric = declarationOf(name)
    if (!metric) return [`${name} is not declared`]
    return [...matchers.matchAll(/(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g)].flatMap(
      ([, label = "", operator, value = ""]) => {
        const values = metric.labels[label]
        if (values === undefined) return addedLabels.includes(label) ? [] : [`${name} has no label ${label}`]
        const isKnown = values === "given" || operator === "=~" || operator === "!~" || values.includes(value)
        return isKnown ? [] : [`${label} of ${name} is never ${value}`]
      },
    )
  })
}

function labelListProblems(text: string): string[] {
  const known = metricsIn(text).flatMap(name => Object.keys(declarationOf(name)?.labels ?? {}))
  const lists = [...text.matchAll(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g)]
  const listed = lists.flatMap(([, list = ""]) => list.split(",").map(label => label.trim()))
  const shown = [...text.matchAll(/\{\{\s*(?:\$labels\.)?(?!end\b)(\w+)\s*\}\}/g)].map(([, label = ""]) => label)
  return [...listed, ...shown]
    .filter(label => label !== "" && !known.includes(label) && !addedLabels.includes(label))
    .map(label => `no metric of the query has a label ${label}`)
}

/** What a text with queries, and legends or annotations for them, asks for that nobody tells. */
export function queryProblems(text: string): string[] {
  return [...selectorProblems(text), ...labelListProblems(text)]
}
