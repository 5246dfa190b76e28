import { expect, it } from "vitest"
import type { MetricDeclaration } from "../../src/metrics/declaration.ts"
import { metricSections } from "../../src/metrics/declarations.ts"

const code = (word: string) => `\`${word}\``

function labelsOf({ labels }: MetricDeclaration): string {
  return Object.entries(labels)
    .map(([label, values]) => (values === "given" ? code(label) : `${code(label)}: ${values.join(", ")}`))
    .join("; ")
}

function row(metric: MetricDeclaration): string {
  const fedBy = metric.fedBy.map(code).join(", ")
  return `| ${[code(metric.name), metric.kind, metric.unit, labelsOf(metric), fedBy, metric.help].join(" | ")} |`
}

const intro = `# Metrics

Generated from the declarations in \`src/metrics\`. A worker reports the first four sections at \`GET /metrics\`; a server reports
the last one, and those of its classifier. Both also report \`process_*\` and \`nodejs_*\`, such as
\`nodejs_eventloop_lag_p99_seconds\`, for the main process only: device children are not included. Counters and histograms start at
0 with every label; a gauge is absent until its value is known. "Fed by" is an event of \`src/events.ts\`, or a call. The dashboard
and the alerts in [deploy/](../../deploy) use these metrics.
`

it("docs/reference/metrics.md has every metric as it is declared; `npx vitest run test/metrics/metric-tables.test.ts -u` writes it", async () => {
  const sections = Object.entries(metricSections).map(([title, metrics]) => {
    const rows = Object.values<MetricDeclaration>(metrics).map(row)
    return `## ${title}\n\n| metric | kind | unit | labels | fed by | what |\n| --- | --- | --- | --- | --- | --- |\n${rows.join("\n")}\n`
  })
  const metrics = Object.values(metricSections).flatMap(section => Object.values<MetricDeclaration>(section))
  const buckets = metrics.flatMap(metric =>
    metric.kind === "histogram" ? [`| ${code(metric.name)} | ${metric.buckets.join(", ")} |`] : [],
  )
  const bounds = `## Buckets of the histograms\n\n| metric | upper bounds |\n| --- | --- |\n${buckets.join("\n")}\n`
  await expect([intro, ...sections, bounds].join("\n")).toMatchFileSnapshot("../../docs/reference/metrics.md")
})
