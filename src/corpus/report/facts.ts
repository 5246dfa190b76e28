import { shown } from "../../errors.ts"
import { sum } from "../../sum.ts"
import { standardStream } from "../formats.ts"
import { corpusOptions } from "../options.ts"
import type { RunSummary } from "../run/summary.ts"
import { scoreBinWidth } from "../run/tally.ts"
import { areProbabilities } from "./figures.ts"
import {
  formatCount,
  formatDuration,
  formatMean,
  formatScore,
  formatShare,
  formatShort,
  formatSpeed,
} from "./format.ts"
import { type Html, html } from "./html.ts"
import type { ReportData } from "./report-data.ts"

const rowsOf = (count: number) => `${formatCount(count)} ${count === 1 ? "row" : "rows"}`

/** The result of the run, in one sentence. */
export function leadLine({ labelled, model, labels }: RunSummary): Html {
  const [first] = labels
  if (first === undefined) return html`No row was labelled by <strong>${model.name}</strong> (${model.dtype}).`
  const most = labels.length === 1 ? html`all` : html`${formatShare(first.share)} of them`
  return html`<strong>${rowsOf(labelled)}</strong> labelled by <strong>${model.name}</strong> (${model.dtype}), ${most} ${first.label}.`
}

/** The number of rows without a label, and the file that lists them; nothing if all have one. */
export function describeFailures({ failed, errors, rows }: RunSummary): Html | undefined {
  if (failed === 0) return undefined
  const listed = errors === undefined ? "" : ` They are listed in ${errors}.`
  return html`<p class="notice">${formatCount(failed)} of ${rowsOf(rows)} got no label.${listed}</p>`
}

/** The number of texts in characters or a language that the model hardly knows; nothing if there are none. */
export function describeUnfamiliar({ unfamiliar, labelled }: RunSummary): Html | undefined {
  if (unfamiliar === 0) return undefined
  return html`<p class="notice">${formatCount(unfamiliar)} of ${rowsOf(labelled)} are in characters or a language that the model hardly knows: do not rely on their labels.</p>`
}

/** Texts with a lower score are often labelled wrong: docs/reference/models.md has the shares. */
const leastSure = 0.7

/** How certain the model was; nothing if scores are not probabilities. */
export function describeCertainty(data: ReportData): Html | undefined {
  const { meanScore, labelled } = data.summary
  if (labelled === 0 || !areProbabilities(data)) return undefined
  const bins = Object.values(data.tally.labels).flatMap(({ scoreBins }) => Object.entries(scoreBins))
  const unsure = sum(bins.map(([bin, rows]) => (Number(bin) < Math.round(leastSure / scoreBinWidth) ? rows : 0)))
  return html`<p>The mean score is ${formatScore(meanScore)}; ${formatShare(unsure / labelled)} of the labels have a score below ${formatScore(leastSure)}: these are the least certain.</p>`
}

/** The figures of the run. */
export function tiles(summary: RunSummary): Html {
  const { rows, labelled, failed, empty, truncated, tokens, textsPerSecond, elapsedMs } = summary
  const ofLabelled = (count: number) =>
    labelled === 0 ? "none labelled" : `${formatShare(count / labelled)} of labelled`
  const figures = [
    { name: "Labelled", value: formatShort(labelled), note: `of ${rowsOf(rows)}` },
    {
      name: "Failed",
      value: formatShort(failed),
      mark: failed > 0 ? "bad" : "",
      note: rows === 0 ? "no rows" : `${formatShare(failed / rows)} of rows`,
    },
    ...(empty > 0 ? [{ name: "Empty", value: formatShort(empty), note: `${formatShare(empty / rows)} of rows` }] : []),
    { name: "Truncated", value: formatShort(truncated), note: ofLabelled(truncated) },
    {
      name: "Tokens",
      value: formatShort(tokens),
      note: labelled === 0 ? "no texts" : `${formatMean(tokens / labelled)} a text`,
    },
    { name: "Texts a second", value: formatSpeed(textsPerSecond), note: "on average" },
    {
      name: "Elapsed",
      value: formatDuration(elapsedMs),
      note: summary.resumedRows > 0 ? "all starts together" : "from start to end",
    },
  ]
  return html`<dl class="card tiles" aria-label="Figures of the run">${figures.map(
    ({ name, value, note, mark = "" }) =>
      html`<div class="${mark}"><dt>${name}</dt><dd>${value}</dd><dd class="note">${note}</dd></div>`,
  )}</dl>`
}

/** Input, model and options: what is needed to repeat the run. */
export function factList(data: ReportData): Html {
  const { summary } = data
  const { input, output, errors, model, column, added, rows, labelled, failed, empty, uncertain, resumedRows } = summary
  const named = (path: string, stream: string) => (path === standardStream ? stream : html`<code>${path}</code>`)
  const facts: [string, Html | string | undefined][] = [
    ["Input", named(input, "standard input")],
    ["Output", named(output, "standard output")],
    ["Rows without a label", errors === undefined ? undefined : named(errors, "")],
    ["Model", model.name],
    ["Revision", html`<code>${model.revision}</code>`],
    ["Precision", model.dtype],
    ["Text column", html`<code>${column}</code>`],
    ["Added columns", html`<code>${added.join(", ")}</code>`],
    ["Options changed", changedOptions(data.options)],
    ["Rows", `${formatCount(rows)} read, ${formatCount(labelled)} labelled, ${formatCount(failed)} failed`],
    ["Empty", empty === 0 ? undefined : `${rowsOf(empty)} without text, kept without a label`],
    ["Tokens", formatCount(summary.tokens)],
    ["Uncertain", uncertain === 0 ? undefined : rowsOf(uncertain)],
    ["Mean score", labelled === 0 ? undefined : formatScore(summary.meanScore)],
    ["Labelled by earlier starts", resumedRows === 0 ? undefined : rowsOf(resumedRows)],
  ]
  return html`<section class="card wide-card" aria-labelledby="facts">
<h2 id="facts">About this run</h2>
<p class="about">Input, model and options</p>
<dl class="facts">${facts.map(([name, value]) => (value === undefined ? "" : html`<dt>${name}</dt><dd>${value}</dd>`))}</dl>
</section>`
}

/** The options that change results and differ from their defaults. */
function changedOptions(options: ReportData["options"]): Html | string {
  const declared: Readonly<Record<string, { readonly default: unknown }>> = corpusOptions
  const changed = Object.entries(options)
    .filter(([name, value]) => value !== (declared[name]?.default ?? null))
    .map(([name, value]) => `${name} ${typeof value === "string" ? value : shown(value)}`)
  return changed.length === 0 ? "none" : html`<code>${changed.join(", ")}</code>`
}
