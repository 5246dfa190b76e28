import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import { parse } from "yaml"
import { readManifests } from "../manifests/manifest.ts"
import { manifestProblems } from "../manifests/manifest-problems.ts"
import { chartFolder, examples, presentFor, renderedFolder, valuesOf } from "./chart.ts"
import { chartMutants } from "./chart-mutants.ts"
import { hasHelm, helm, noHelm, renderChart, renderPlain } from "./helm.ts"
import {
  customProblems,
  hasCustomSchemas,
  hasKubernetesSchemas,
  isOfKubernetes,
  kubernetesProblems,
} from "./schema-problems.ts"

const folder = mkdtempSync(join(tmpdir(), "valence-chart-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const { kubeVersion } = parse(readFileSync(join(chartFolder, "Chart.yaml"), "utf8")) as { kubeVersion: string }
const [oldest = ""] = /\d+\.\d+\.\d+/.exec(kubeVersion) ?? []
/** The newest that `kubernetes-validate` 1.37 knows. */
const newest = "1.37.0"

describe("the chart", () => {
  beforeEach(({ skip }) => skip(!hasHelm, noHelm))

  it.each(examples)("%s - is as the committed manifests are", async example => {
    await expect(renderPlain(example)).toMatchFileSnapshot(join(process.cwd(), renderedFolder, `${example}.yaml`))
  })

  it.each(examples)("%s - passes helm lint, and has no problem, its test among it", example => {
    expect(helm("lint", "--strict", chartFolder, "--values", valuesOf(example))).toContain("0 chart(s) failed")
    expect(manifestProblems(readManifests(renderChart(valuesOf(example))), presentFor(example))).toEqual([])
  })

  it.for(examples.flatMap(example => [oldest, newest].map(version => [example, version] as const)))(
    "%s - is valid for Kubernetes %s",
    ([example, version], { skip }) => {
      skip(!hasKubernetesSchemas, "skipped: kubernetes-validate is not there")
      const manifests = readManifests(renderChart(valuesOf(example))).filter(isOfKubernetes)
      const file = join(folder, `${example}-${version}.yaml`)
      writeFileSync(file, manifests.map(manifest => JSON.stringify(manifest)).join("\n---\n"))
      expect(kubernetesProblems(file, version)).toBe("")
    },
  )

  it.for(examples)("%s - is valid for KEDA and the Prometheus operator", async (example, { skip }) => {
    skip(!hasCustomSchemas, "skipped: @kubernetes-models are not there")
    const problems = await Promise.all(readManifests(renderChart(valuesOf(example))).map(customProblems))
    expect(problems.flat()).toEqual([])
  })

  it.each(chartMutants)("with $fault - is found out", ({ example, file, from, to, problem }) => {
    const chart = join(mkdtempSync(join(folder, "mutant-")), "valence")
    cpSync(chartFolder, chart, { recursive: true })
    const text = readFileSync(join(chart, file), "utf8")
    expect(text).toContain(from)
    writeFileSync(join(chart, file), text.replace(from, to))
    expect(problemsOf(chart, example)).toMatch(problem)
  })

  it.each([
    ["serv: { enabled: false }", /additional properties 'serv' not allowed/],
    ["pools: { cpu: { replica: 2 } }", /at '\/pools\/cpu': additional properties 'replica' not allowed/],
    ["pools: { cpu: { keda: { tokens: 2 } } }", /additional properties 'tokens' not allowed/],
    ["pools: { gpu: { replicas: 2, keda: { enabled: true } } }", /pools.gpu: give replicas or keda, not both/],
    ["pools: { gpu: { keda: { enabled: true, minReplicas: 20 } } }", /minReplicas must be at most maxReplicas/],
    ["pools: { cpu: { disruptionBudget: { maxUnavailable: 1 } } }", /maxUnavailable': got number, want string/],
    ["pools: { serve: {} }", /invalid propertyName 'serve'/],
    ["redis: { existingSecret: { name: url } }", /give existingSecret.name or trial.enabled, not both/],
    ["redis: { trial: { enabled: false } }", /redis: give existingSecret.name, a secret with the URL/],
    ["cache: { prepare: true }", /cache.prepare: only a model of the hub/],
    ["{ model: a/b, cache: { prepare: true }, pools: { gpu: { device: cuda } } }", /pools.gpu.dtype: must be given/],
    [
      "{ keda: { trigger: prometheus }, pools: { gpu: { keda: { enabled: true } } } }",
      /prometheusAddress: must be given/,
    ],
    ["serve: { ingress: { enabled: true } }", /serve.ingress.host: must be given/],
  ])("with %s - is refused", (values, problem) => {
    const file = join(folder, "values.yaml")
    writeFileSync(file, values)
    expect(() => renderChart(valuesOf("cpu"), chartFolder, "--values", file)).toThrow(problem)
  })

  it("in a namespace and under a name of its own - asks the exporter there", () => {
    const values = valuesOf("external-redis-tls")
    const rendered = helm("template", "scores", chartFolder, "--namespace", "nlp", "--values", values)
    expect(rendered).toContain("http://scores-valence-exporter.nlp:9465/v1/queue/scale")
  })
})

/** What Helm or the tests say of a chart. */
function problemsOf(chart: string, example: string): string {
  try {
    const rendered = renderChart(join(chart, "examples", `${example}.yaml`), chart)
    return manifestProblems(readManifests(rendered), presentFor(example)).join("\n")
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
