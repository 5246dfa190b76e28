import { describe, expect, it } from "vitest"
import type { MetricDeclaration } from "../../src/metrics/declaration.ts"
import {
  fleetDeclarations,
  metricDeclarations,
  metricSections,
  serverDeclarations,
} from "../../src/metrics/declarations.ts"

const all = { ...metricDeclarations, ...serverDeclarations, ...fleetDeclarations }
const declarations: MetricDeclaration[] = Object.values(all)

describe("metricDeclarations", () => {
  it("have names of their own", () => {
    expect(new Set(declarations.map(({ name }) => name)).size).toBe(declarations.length)
  })

  it.each(declarations)("$name - ends as its kind and its unit say", ({ name, kind, unit }) => {
    expect(name).toMatch(/^valence_[a-z_]+$/)
    expect(name.endsWith("_total")).toBe(kind === "counter")
    expect(name.endsWith("_info")).toBe(unit === "1")
    expect(/_seconds(_total)?$/.test(name)).toBe(unit === "seconds")
  })

  it.each(declarations)("$name - has a help of one line without a full stop", ({ help }) => {
    expect(help).toMatch(/^[A-Z1][^\n]+[^.]$/)
  })

  it.each(declarations.filter(of => of.kind === "histogram"))("$name - has buckets that grow", ({ buckets }) => {
    expect([...buckets].sort((a, b) => a - b)).toEqual(buckets)
    expect(new Set(buckets).size).toBe(buckets.length)
  })

  it.each(declarations)("$name - has few series: labels with a handful of values, or given once", ({ labels }) => {
    const values = Object.values(labels).map(values => (values === "given" ? 1 : values.length))
    expect(values.reduce((product, count) => product * count, 1)).toBeLessThanOrEqual(20)
  })

  it("are each in one section of the page", () => {
    const listed = Object.values(metricSections).flatMap(section => Object.keys(section))
    expect(listed.sort()).toEqual(Object.keys(all).sort())
  })
})
