import { basename } from "node:path"
import { standardStream } from "../formats.ts"
import { describeCertainty, describeFailures, describeUnfamiliar, factList, leadLine, tiles } from "./facts.ts"
import { figures } from "./figures.ts"
import { Html, html } from "./html.ts"
import { drawLabels } from "./labels.ts"
import type { ReportData } from "./report-data.ts"
import { reportPolicy, reportStyle } from "./style.ts"
import { unsureTable } from "./unsure.ts"

/**
 * A page about a run: its facts, the shares of labels, scores, lengths and speed as plots, and the texts that the
 * model was least sure of. The page is one file; it loads nothing and runs no script.
 */
export async function renderReport(data: ReportData): Promise<string> {
  const { summary } = data
  const name = summary.input === standardStream ? "Standard input" : basename(summary.input)
  const labels = drawLabels(summary)
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${reportPolicy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${name}, labelled by ${summary.model.name} · Valence</title>
<style>${new Html(reportStyle)}</style>
</head>
<body>
<main>
<header>
<p class="over">Valence corpus run</p>
<h1>${name}</h1>
<p class="lead">${leadLine(summary)}</p>
</header>
${describeCertainty(data)}
${describeFailures(summary)}
${describeUnfamiliar(summary)}
${tiles(summary)}
${await figures(data, labels)}
${unsureTable(data, labels)}
${factList(data)}
</main>
<footer>Run ${summary.run}. This file contains all of its texts and figures and loads nothing from the network.</footer>
</body>
</html>
`
  return page.text
}
