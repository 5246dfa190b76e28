import { uncertainLabel } from "../write/added-columns.ts"
import { areProbabilities } from "./figures.ts"
import { formatCount, formatScore } from "./format.ts"
import { type Html, html } from "./html.ts"
import type { DrawnLabel } from "./labels.ts"
import type { ReportData } from "./report-data.ts"

/*
 * On a phone the style sheet turns each row into a block, and some browsers then no longer see a table: the roles are
 * written out for them.
 */

/** The texts that the model was least sure of; nothing if none was labelled. */
export function unsureTable(data: ReportData, labels: readonly DrawnLabel[]): Html | undefined {
  const { unsure } = data.tally
  if (unsure.length === 0) return undefined
  const colours = new Map(labels.map(({ name, colour }) => [name, colour]))
  return html`<section class="card wide-card unsure" aria-labelledby="unsure">
<h2 id="unsure">Least certain texts</h2>
<p class="about">${describeUnsure(data)}: check them before you use the labels</p>
<table role="table">
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Row</th><th role="columnheader" scope="col">Text</th><th role="columnheader" scope="col">Label</th><th role="columnheader" scope="col" class="number">Score</th></tr></thead>
<tbody role="rowgroup">
${unsure.map(
  ({ row, text, label, score }) =>
    html`<tr role="row"><th role="rowheader" scope="row">${formatCount(row)}</th><td role="cell" class="text" dir="auto">${text}</td><td role="cell"><span class="tag"><span class="swatch ${colours.get(label) ?? "rest"}"></span><bdi>${label}</bdi></span></td><td role="cell" class="number">${formatScore(score)}</td></tr>
`,
)}</tbody>
</table>
</section>`
}

/** Which texts these are. Of two probabilities the higher is 0.5 or more, so the lowest scores are the closest to 0.5. */
function describeUnsure(data: ReportData): string {
  const { unsure, labels } = data.tally
  const texts = unsure.length === 1 ? "The text" : `The ${formatCount(unsure.length)} texts`
  const order = unsure.length === 1 ? "" : ", the least certain first"
  if (!areProbabilities(data)) return `${texts} with the score closest to 0${order}`
  const ofTwo = Object.keys(labels).filter(label => label !== uncertainLabel).length <= 2
  if (ofTwo && unsure.every(({ score }) => score >= 0.5)) return `${texts} with the score closest to 0.5${order}`
  return `${texts} whose best label has the lowest score${order}`
}
