import * as Plot from "@observablehq/plot"
import type { Theme } from "./draw.ts"

/** One thing that was measured, among others. */
export interface Bar {
  readonly name: string
  readonly value: number
  /** Written at the bar's end. */
  readonly shown: string
  readonly colour: "accent" | "second" | "plain"
  /** A longer figure of the same thing, such as a p99 beside the p50, marked by a line. */
  readonly tail?: number
}

/** Bars from the left, a name before and a figure behind each, longest names first in line with the shortest. */
export function bars(rows: readonly Bar[], label: string) {
  return (theme: Theme): Plot.PlotOptions => {
    const most = Math.max(...rows.map(({ value, tail = 0 }) => Math.max(value, tail)))
    const y = { y: "name" } as const
    return {
      height: 30 * rows.length + 46,
      marginLeft: 250,
      marginRight: 24,
      marginTop: 8,
      marginBottom: 38,
      x: { domain: [0, most * 1.18], label, labelAnchor: "center", labelArrow: "none", tickSize: 0, ticks: 6 },
      y: { domain: rows.map(({ name }) => name), label: null, tickSize: 0, padding: 0.25 },
      color: { type: "identity" },
      marks: [
        Plot.gridX({ stroke: theme.grid, strokeOpacity: 1, ticks: 6 }),
        Plot.barX(rows, { ...y, x: "value", fill: ({ colour }: Bar) => theme[colour], rx: 3 }),
        Plot.link(
          rows.filter(({ tail }) => tail !== undefined),
          { y1: "name", y2: "name", x1: "value", x2: "tail", stroke: theme.muted, strokeWidth: 1.5 },
        ),
        Plot.tickX(
          rows.filter(({ tail }) => tail !== undefined),
          { ...y, x: "tail", stroke: theme.muted, strokeWidth: 2, insetTop: 5, insetBottom: 5 },
        ),
        Plot.text(rows, {
          ...y,
          x: ({ value, tail = 0 }: Bar) => Math.max(value, tail),
          text: "shown",
          textAnchor: "start",
          dx: 6,
          fill: theme.ink,
        }),
        Plot.ruleX([0], { stroke: theme.ink }),
      ],
    }
  }
}

/** Points of a line. */
export interface Line {
  readonly name: string
  readonly colour: "accent" | "second" | "plain"
  readonly points: readonly { readonly x: number; readonly y: number }[]
  /** Where its name stands: beside a point of it; to the right of the last where nothing is said. */
  readonly label?: { readonly at: number; readonly side: "left" | "right" }
}

/** How the axes of lines are called, and read. */
export interface LineAxes {
  readonly x: string
  readonly y: string
  readonly xTicks: readonly number[]
  readonly points: boolean
}

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 })

/** Lines over a logarithmic axis, each with its name beside it. */
export function lines(rows: readonly Line[], axes: LineAxes) {
  return (theme: Theme): Plot.PlotOptions => {
    const points = rows.flatMap(({ name, colour, points }) => points.map(point => ({ ...point, name, colour })))
    const names = rows.map(({ name, colour, points, label = { at: -1, side: "right" } }) => ({
      ...points.at(label.at),
      name,
      colour,
      side: label.side,
    }))
    const hasEnds = rows.length > 1 && rows.some(({ label }) => label === undefined)
    const position = { x: "x", y: "y" } as const
    const colourOf = ({ colour }: { colour: Line["colour"] }) => theme[colour]
    return {
      height: 300,
      marginLeft: 58,
      marginRight: hasEnds ? 150 : 30,
      marginTop: 34,
      marginBottom: 42,
      x: {
        type: "log",
        // With 10, labels such as 64 are left out, ticks or not.
        base: 2,
        domain: [axes.xTicks[0] as number, axes.xTicks.at(-1) as number],
        ticks: [...axes.xTicks],
        tickFormat: (value: number) => (value < 10_000 ? value.toLocaleString("en") : compact.format(value)),
        tickSize: 0,
        label: axes.x,
        labelAnchor: "center",
        labelArrow: "none",
      },
      y: {
        label: axes.y,
        labelArrow: "none",
        tickSize: 0,
        ticks: 5,
        tickFormat: (value: number) => compact.format(value),
        domain: [0, 1.08 * Math.max(...points.map(({ y }) => y))],
      },
      color: { type: "identity" },
      marks: [
        Plot.gridY({ stroke: theme.grid, strokeOpacity: 1, ticks: 5 }),
        Plot.line(points, { ...position, z: "name", stroke: colourOf, strokeWidth: 2.5 }),
        Plot.dot(axes.points ? points : [], { ...position, fill: colourOf, r: 4 }),
        ...(["left", "right"] as const).map(side =>
          Plot.text(rows.length > 1 ? names.filter(one => one.side === side) : [], {
            ...position,
            text: "name",
            textAnchor: side === "left" ? "end" : "start",
            dx: side === "left" ? -10 : 10,
            fill: colourOf,
            fontWeight: 600,
          }),
        ),
        Plot.ruleY([0], { stroke: theme.ink }),
      ],
    }
  }
}
