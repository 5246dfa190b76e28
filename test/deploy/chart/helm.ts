import { spawnSync } from "node:child_process"
import { findProgram } from "../../redis/find-redis-binary.ts"
import { chartFolder, headerOf, valuesOf } from "./chart.ts"

/** Why a test that needs Helm is skipped; `npm run test:chart` gets it. */
export const noHelm = "skipped: helm is not there"

/** Whether Helm is on the PATH. */
export const hasHelm = findProgram("helm") !== undefined

/**
 * What Helm makes from the chart.
 *
 * @param values - a file of values
 * @throws Error with what Helm says, such as what is wrong with the values
 */
export function renderChart(values: string, chart = chartFolder, ...flags: string[]): string {
  return helm("template", "valence", chart, "--namespace", "valence", "--values", values, ...flags)
}

/** Runs Helm, and returns what it prints. */
export function helm(...words: string[]): string {
  const { status, stdout, stderr, error } = spawnSync("helm", words, { encoding: "utf8", maxBuffer: 2 ** 26 })
  if (error) throw error
  if (status !== 0) throw new Error(`helm ${words.join(" ")}: ${stderr}`)
  return stdout
}

/** An example as plain manifests, for those without Helm: nothing in them says that Helm manages them. */
export function renderPlain(example: string): string {
  const rendered = renderChart(valuesOf(example), chartFolder, "--skip-tests")
  const lines = rendered.split("\n").filter(line => !/^\s*$|managed-by: Helm|helm\.sh\/chart:/.test(line))
  return `${headerOf(example)}${lines.join("\n")}\n`
}
