import * as Plot from "@observablehq/plot"
import type { LabelShare } from "../run/summary.ts"
import type { LabelBin, LengthBins, SpeedBin } from "./bins.ts"
import { colourOf, draw, frame, ink } from "./draw.ts"
import { formatCount, formatEdge, formatShare, formatSpeed } from "./format.ts"
import { type Html, visible } from "./html.ts"
import type { DrawnLabel } from "./labels.ts"

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 })

/** The axis of a number of things, from 0; few things are counted one by one. */
function countAxis(label: string, most: number): Plot.ScaleOptions {
  return {
    label,
    labelArrow: "none",
    grid: true,
    ticks: most > 4 ? 4 : Array.from({ length: Math.floor(most) + 1 }, (_, count) => count),
    tickSize: 0,
    tickFormat: (value: number) => compact.format(value),
    domain: [0, most],
    nice: most > 4,
  }
}

/** A bar for each label, its name above and its share at the end. */
export function drawShares(shares: readonly LabelShare[], labels: readonly DrawnLabel[], description: string): Html {
  const colours = new Map(labels.map(({ name, colour }) => [name, colourOf(colour)]))
  const bars = shares.map(({ label, rows, share }, place) => ({
    place,
    share,
    name: visible(label),
    figures: `${formatCount(rows)}  ·  ${formatShare(share)}`,
    colour: colours.get(label) ?? colourOf("rest"),
  }))
  const most = Math.max(...bars.map(({ share }) => share))
  /** Against the whole, unless that would leave every bar a stub. */
  const end = most < 0.2 ? most : 1
  const bar = { y: "place", insetTop: 27, insetBottom: 9, rx: 5 } as const
  const line = { y: "place", dy: -8 } as const
  return draw(
    width => ({
      height: 46 * bars.length + 8,
      margin: 0,
      x: { domain: [0, end], axis: null },
      y: { domain: bars.map(({ place }) => place), axis: null, padding: 0 },
      color: { type: "identity" },
      marks: [
        Plot.barX(end === 1 ? bars : [], { ...bar, x: () => end, fill: "var(--track)" }),
        Plot.barX(bars, { ...bar, x: "share", fill: "colour" }),
        Plot.text(bars, {
          ...line,
          x: 0,
          text: "name",
          textAnchor: "start",
          fontWeight: 600,
          textOverflow: "ellipsis-end",
          lineWidth: width / 22,
        }),
        Plot.text(bars, { ...line, frameAnchor: "right", text: "figures", textAnchor: "end", fill: "var(--muted)" }),
      ],
    }),
    description,
  )
}

/** Scores, a stack of labels in each bar. */
export function drawScores(
  bins: readonly LabelBin[],
  labels: readonly DrawnLabel[],
  domain: readonly [number, number],
  description: string,
): Html {
  const order = new Map(labels.map(({ name, colour }, index) => [name, { index, colour }]))
  const stacked = bins.map(bin => ({
    ...bin,
    ...(order.get(bin.label) ?? { index: labels.length, colour: "rest" as const }),
  }))
  const heights = new Map<number, number>()
  for (const { from, rows } of bins) heights.set(from, rows + (heights.get(from) ?? 0))
  const most = Math.max(...heights.values())
  return draw(
    () => ({
      ...frame,
      x: { domain: [...domain], label: "score", labelAnchor: "center", labelArrow: "none", tickSize: 0, ticks: 6 },
      y: countAxis("texts", most),
      color: { type: "identity" },
      marks: [
        Plot.rectY(stacked, {
          x1: "from",
          x2: "to",
          y: "rows",
          fill: ({ colour }) => colourOf(colour),
          order: "index",
          title: ({ label, from, to, rows }: LabelBin) =>
            `${visible(label)}, ${formatEdge(from)} to ${formatEdge(to)}: ${formatCount(rows)}`,
          insetLeft: 0.5,
          insetRight: 0.5,
        }),
        Plot.ruleY([0], { stroke: ink }),
      ],
    }),
    description,
  )
}

/** Texts by their tokens, with the median and the 95th percentile marked. */
export function drawLengths({ bins, median, p95 }: LengthBins, description: string): Html {
  const end = bins.at(-1)?.to ?? 1
  const marks = [
    { at: median + 0.5, text: `median ${formatCount(median)}`, up: 20 },
    { at: p95 + 0.5, text: `95% ≤ ${formatCount(p95)}`, up: 6 },
  ]
  return draw(
    () => ({
      ...frame,
      marginTop: 44,
      x: {
        domain: [0, end],
        label: "tokens in a text",
        labelAnchor: "center",
        labelArrow: "none",
        tickSize: 0,
        ticks: 6,
      },
      y: countAxis("texts", Math.max(...bins.map(({ rows }) => rows))),
      marks: [
        Plot.rectY(bins, { x1: "from", x2: "to", y: "rows", fill: "var(--plain)", insetLeft: 0.5, insetRight: 0.5 }),
        ...marks.flatMap(({ at, text, up }) => [
          Plot.ruleX([Math.min(at, end)], { stroke: ink, strokeDasharray: "2 3", insetTop: -up }),
          Plot.text([text], {
            x: Math.min(at, end),
            frameAnchor: "top",
            dy: -up - 6,
            dx: at > 0.6 * end ? -4 : 4,
            textAnchor: at > 0.6 * end ? "end" : "start",
          }),
        ]),
        Plot.ruleY([0], { stroke: ink }),
      ],
    }),
    description,
  )
}

const timeUnits = [
  { unit: "milliseconds", ms: 1, upTo: 1500 },
  { unit: "seconds", ms: 1000, upTo: 180_000 },
  { unit: "minutes", ms: 60_000, upTo: 3 * 3_600_000 },
  { unit: "hours", ms: 3_600_000, upTo: Infinity },
] as const

/** Rows a second over the run, with the mean marked. */
export function drawSpeeds(bins: readonly SpeedBin[], mean: number, description: string): Html {
  const endMs = bins.at(-1)?.toMs ?? 1
  const { unit, ms } = timeUnits.find(({ upTo }) => endMs <= upTo) ?? timeUnits[3]
  const fastest = Math.max(mean, ...bins.map(({ rowsPerSecond }) => rowsPerSecond))
  const bars = bins.map(({ fromMs, toMs, rowsPerSecond }) => ({ from: fromMs / ms, to: toMs / ms, rowsPerSecond }))
  return draw(
    () => ({
      ...frame,
      x: {
        domain: [0, endMs / ms],
        label: `${unit} since the start`,
        labelAnchor: "center",
        labelArrow: "none",
        tickSize: 0,
        ticks: 6,
      },
      y: { ...countAxis("rows a second", fastest), ticks: 4, nice: true },
      marks: [
        Plot.rectY(bars, {
          x1: "from",
          x2: "to",
          y: "rowsPerSecond",
          fill: "var(--plain)",
          insetLeft: 0.5,
          insetRight: 0.5,
        }),
        Plot.ruleY([mean], { stroke: ink, strokeDasharray: "2 3" }),
        Plot.text([`┄ mean ${formatSpeed(mean)}`], { frameAnchor: "top-right", dy: -18, textAnchor: "end" }),
        Plot.ruleY([0], { stroke: ink }),
      ],
    }),
    description,
  )
}
