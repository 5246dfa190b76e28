import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import type { MetricDeclaration } from "../../src/metrics/declaration.ts"
import { allMetrics, declarationOf, metricsIn, queryProblems } from "./query-problems.ts"

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string; readonly refId: string }[]
}

const { panels } = JSON.parse(readFileSync("deploy/grafana/dashboards/valence.json", "utf8")) as { panels: Panel[] }
const targets = panels.flatMap(({ title, targets = [] }) => targets.map(target => ({ title, ...target })))

describe("the Grafana dashboard", () => {
  it.each(targets)("$title, $refId - asks for what is told, and shows its labels", ({ expr, legendFormat }) => {
    expect(queryProblems(`${expr} ${legendFormat}`)).toEqual([])
  })

  it.each<MetricDeclaration>(allMetrics)("shows $name", ({ name }) => {
    const shown = metricsIn(targets.map(({ expr }) => expr).join("\n"))
    expect(shown.map(shownName => declarationOf(shownName)?.name)).toContain(name)
  })

  it("takes the maximum of what every worker tells alike, never the sum", () => {
    const ofQueues = targets.filter(({ expr }) =>
      /valence_(queue_(jobs|waiting|oldest)|backlog|dead_letters\b|workers|desired|capacity)/.test(expr),
    )
    expect(ofQueues.map(({ expr }) => expr).filter(expr => !/\bmax\b/.test(expr))).toEqual([])
  })

  it("has panels with ids of their own that do not overlap and fill the width", () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
    )
    expect(new Set(cells).size).toBe(cells.length)
    const height = Math.max(...panels.map(({ gridPos }) => gridPos.y + gridPos.h))
    expect(cells).toHaveLength(24 * height)
  })

  it("takes its data from the source that is chosen above it", () => {
    const sources = JSON.stringify(panels).match(/"uid":"[^"]*"/g) ?? []
    expect([...new Set(sources)]).toEqual([`"uid":"\${datasource}"`])
  })
})
