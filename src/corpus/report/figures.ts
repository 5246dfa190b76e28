import { isWordList } from "../../labeller.ts"
import type { LabelShare } from "../run/summary.ts"
import { binLengths, binScores, binSpeeds, type LabelBin, openScore } from "./bins.ts"
import { formatCount, formatDuration, formatEdge, formatScore, formatShare, formatSpeed } from "./format.ts"
import { type Html, html } from "./html.ts"
import type { DrawnLabel } from "./labels.ts"
import type { ReportData } from "./report-data.ts"

type Plots = typeof import("./plots.ts")

/** Labels with a bar of their own; the rarer ones share the last bar. */
const mostShares = 10

interface Figure {
  readonly id: string
  readonly title: string
  readonly about: string
  readonly plot: Html
  readonly legend?: Html | undefined
  /** The numbers of the plot; the first column names a row. No columns: there is no table. */
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** The plots of a run. The plotting library is loaded here, because only reports need it. */
export async function figures(data: ReportData, labels: readonly DrawnLabel[]): Promise<Html> {
  if (data.tally.labelled === 0)
    return html`<section class="card" aria-labelledby="nothing">
<h2 id="nothing">Nothing to plot</h2>
<p class="about last">No row was labelled.</p>
</section>`
  const plots = await import("./plots.ts")
  const drawn = [
    shareFigure(plots, data, labels),
    scoreFigure(plots, data, labels),
    lengthFigure(plots, data),
    speedFigure(plots, data),
  ]
  return html`<div class="plots">${drawn.map(card)}</div>`
}

function card({ id, title, about, plot, legend, columns, rows }: Figure): Html {
  return html`<section class="card ${id}" aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
<p class="about">${about}</p>
<figure>${legend}${plot}</figure>
${columns.length === 0 ? undefined : numbers(title, columns, rows)}
</section>`
}

function numbers(title: string, [name = "", ...others]: readonly string[], rows: Figure["rows"]): Html {
  return html`<details><summary>Show the numbers</summary>
<div class="scroll" tabindex="0" role="region" aria-label="${title}, the numbers"><table>
<thead><tr><th scope="col">${name}</th>${others.map(other => html`<th scope="col" class="number">${other}</th>`)}</tr></thead>
<tbody>
${rows.map(
  ([first = "", ...figures]) =>
    html`<tr><th scope="row"><bdi>${first}</bdi></th>${figures.map(figure => html`<td class="number">${figure}</td>`)}</tr>
`,
)}</tbody>
</table></div></details>`
}

function shareFigure(plots: Plots, { summary }: ReportData, labels: readonly DrawnLabel[]): Figure {
  const rows = summary.labels
  const alone = rows.length > mostShares + 1 ? rows.slice(0, mostShares) : rows
  const rest = rows.slice(alone.length)
  const shares = rest.length === 0 ? alone : [...alone, together(rest, `${formatCount(rest.length)} other labels`)]
  const told = shares.map(({ label, share }) => `${label} ${formatShare(share)}`).join(", ")
  return {
    id: "shares",
    title: "Labels",
    about: rows.length === 1 ? "All texts have the same label" : `Share of each of ${formatCount(rows.length)} labels`,
    plot: plots.drawShares(shares, labels, `Share of each label: ${told}`),
    columns: ["Label", "Texts", "Share", "Mean score"],
    rows: rows.map(({ label, rows, share, meanScore }) => [
      label,
      formatCount(rows),
      formatShare(share),
      formatScore(meanScore),
    ]),
  }
}

function together(labels: readonly LabelShare[], label: string): LabelShare {
  const sum = (of: (each: LabelShare) => number) => labels.reduce((total, each) => total + of(each), 0)
  const rows = sum(each => each.rows)
  return { label, rows, share: sum(each => each.share), meanScore: sum(each => each.meanScore * each.rows) / rows }
}

function scoreFigure(plots: Plots, data: ReportData, labels: readonly DrawnLabel[]): Figure {
  const bounded = areProbabilities(data)
  const rest = labels.filter(({ colour }) => colour === "rest").map(({ name }) => name)
  const restName = `${formatCount(rest.length)} other labels`
  const bins = binScores(data.tally, label => (rest.includes(label) ? restName : label), bounded)
  const drawn: DrawnLabel[] = labels.filter(({ colour }) => colour !== "rest")
  if (rest.length > 0) drawn.push({ name: restName, colour: "rest" })
  const domain = scoreDomain(bins, bounded)
  const { meanScore } = data.summary
  const open = openScore(data.tally)
  const beyond =
    open === undefined
      ? ""
      : `; the outermost bars include all scores beyond ${formatCount(open)} or ${formatCount(-open)}`
  return {
    id: "scores",
    title: "Scores",
    about: `Texts by score, ${formatScore(meanScore)} on average${beyond}`,
    legend: html`<ul class="legend">${drawn.map(({ name, colour }) => html`<li><span class="swatch ${colour}"></span><bdi>${name}</bdi></li>`)}</ul>`,
    plot: plots.drawScores(
      bins,
      drawn,
      domain,
      `Histogram of scores from ${formatEdge(domain[0])} to ${formatEdge(domain[1])}, stacked by label; the mean is ${formatScore(meanScore)}${beyond}`,
    ),
    columns: ["Score", ...drawn.map(({ name }) => name)],
    rows: scoreRows(bins, drawn),
  }
}

function scoreRows(bins: readonly LabelBin[], drawn: readonly DrawnLabel[]): string[][] {
  const edges = new Map(bins.map(({ from, to }) => [from, to]))
  return [...edges].map(([from, to]) => [
    `${formatEdge(from)} to ${formatEdge(to)}`,
    ...drawn.map(({ name }) => formatCount(bins.find(bin => bin.from === from && bin.label === name)?.rows ?? 0)),
  ])
}

/** Whether scores are probabilities, and not the valences of a lexicon or logits. */
export function areProbabilities({ summary, tally, options }: ReportData): boolean {
  if (isWordList(summary.model) || options["scoreFunction"] === "none") return false
  return Object.values(tally.labels).every(({ scoreBins }) =>
    Object.keys(scoreBins).every(key => Number(key) >= 0 && Number(key) <= 20),
  )
}

/** Probabilities are drawn from 0 to 1, or from 0.5 if none is lower, as with two labels; other scores in their range. */
function scoreDomain(bins: readonly LabelBin[], bounded: boolean): [number, number] {
  const least = bins[0]?.from ?? 0
  if (bounded) return least >= 0.5 ? [0.5, 1] : [0, 1]
  return [least, bins.at(-1)?.to ?? 1]
}

function lengthFigure(plots: Plots, { tally, summary }: ReportData): Figure {
  const lengths = binLengths(tally)
  const { bins, median, p95, openFrom } = lengths
  const open = openFrom === undefined ? "" : `; the last bar includes all texts with ${formatCount(openFrom)} or more`
  const mean = formatCount(summary.tokens / summary.labelled)
  return {
    id: "lengths",
    title: "Lengths",
    about: `Texts by the number of tokens that the model read${open}`,
    plot: plots.drawLengths(
      lengths,
      `Histogram of tokens in a text: median ${formatCount(median)}, mean ${mean}, and 95 % have at most ${formatCount(p95)}${open}`,
    ),
    columns: ["Tokens", "Texts"],
    rows: bins.map(({ from, to, rows }) => [
      from === openFrom
        ? `${formatCount(from)} or more`
        : to - from === 1
          ? formatCount(from)
          : `${formatCount(from)} to ${formatCount(to - 1)}`,
      formatCount(rows),
    ]),
  }
}

function speedFigure(plots: Plots, { tally, summary, options }: ReportData): Figure {
  const bins = binSpeeds(tally, Number(options["chunkTexts"]))
  const speeds = bins.map(({ rowsPerSecond }) => rowsPerSecond)
  const mean = (summary.rows * 1000) / Math.max(1, tally.elapsedMs)
  const about = `Rows a second over ${formatDuration(tally.elapsedMs)}`
  const card = { id: "speeds", title: "Throughput" }
  if (bins.length === 0)
    return {
      ...card,
      about: `${about}: the run was too short for a plot over time`,
      plot: html`<p class="in-words"><strong>${formatSpeed(mean)}</strong> rows a second on average</p>`,
      columns: [],
      rows: [],
    }
  return {
    ...card,
    about,
    plot: plots.drawSpeeds(
      bins,
      mean,
      `Rows a second over the run: mean ${formatSpeed(mean)}, between ${formatSpeed(Math.min(...speeds))} and ${formatSpeed(Math.max(...speeds))}`,
    ),
    columns: ["Time since the start", "Rows a second"],
    rows: bins.map(({ fromMs, toMs, rowsPerSecond }) => [
      `${formatDuration(fromMs)} to ${formatDuration(toMs)}`,
      formatSpeed(rowsPerSecond),
    ]),
  }
}
