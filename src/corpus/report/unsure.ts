import type { Tally } from "../run/tally.ts"
import { formatCount, formatScore } from "./format.ts"
import { type Html, html } from "./html.ts"
import type { DrawnLabel } from "./labels.ts"

/*
 * On a phone each row becomes a block, by a style sheet, and with that some browsers forget that it is a table:
 * the roles are written out to remind them.
 */

/** The texts that the model was least sure of; nothing where none was labelled. */
export function unsureTable({ unsure }: Tally, labels: readonly DrawnLabel[]): Html | undefined {
  if (unsure.length === 0) return undefined
  const colours = new Map(labels.map(({ name, colour }) => [name, colour]))
  return html`<section class="card wide-card unsure" aria-labelledby="unsure">
<h2 id="unsure">Least certain texts</h2>
<p class="about">The ${unsure.length === 1 ? "text" : formatCount(unsure.length)} whose score is closest to 0, the least certain first: worth a look before the labels are used</p>
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
