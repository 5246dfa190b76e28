import * as Plot from "@observablehq/plot"
import { draw, type Theme } from "./draw.ts"
import type { Figures } from "./figures.ts"
import { table } from "./markdown.ts"

/** Right labels by domain, and whether scores are honest: a part of docs/reference/models.md. */
export async function qualitySection(
  accuracy: Figures["accuracy"] | undefined,
  calibration: Figures["calibration"] | undefined,
  drawings: string,
): Promise<string> {
  return [
    ...(accuracy === undefined ? [] : [accuracySection(accuracy)]),
    ...(calibration === undefined ? [] : [await calibrationSection(calibration, drawings)]),
  ].join("\n")
}

function accuracySection({ texts, figures }: Figures["accuracy"]): string {
  const tables = Object.entries(figures).map(([contest, accuracies]) => {
    const names = Object.keys(accuracies)
    const domains = Object.keys(accuracies[names[0] as string] ?? {})
    const rows = domains.map(domain => [
      domain,
      ...names.map(name => (100 * (accuracies[name]?.[domain] ?? 0)).toFixed(1)),
    ])
    return table([contest, ...names], rows)
  })
  return `\`\`\`sh
npm run bench -- --only accuracy                                                        # all of them
npx valence eval examples/domains.csv --model sentiment3-small --by domain              # three classes
npx valence eval examples/domains.csv --by domain                                       # two; NEUTRAL rows are left out
\`\`\`

Right labels, %, of ${texts} texts in ten domains ([examples/domains.csv](../../examples/domains.csv)), written for this project before any model labelled them. The two-class table has its NEGATIVE and POSITIVE texts. A lexicon that finds nothing says NEUTRAL, which
counts as wrong in that table. Neither of npm's vader-sentiment and sentiment has had a release in the last two years.

Of the 60 plain reviews of [examples/shop.csv](../../examples/shop.csv) 97 % get the label that their stars ask for, of [examples/reviews.csv](../../examples/reviews.csv), whose dry jokes and understatements have to be inferred, 75 % (without
three stars, 209 rows): in the other rows the stars are right and the model is wrong. \`valence eval FILE\` says how good a model is on texts of yours.

${tables.join("\n\n")}
`
}

async function calibrationSection(
  { model, texts, bins, error }: Figures["calibration"],
  drawings: string,
): Promise<string> {
  const description = `Share of right labels against the mean score, of ${texts} sentences in bins of scores`
  return `\`\`\`sh
npm run bench -- --only calibration --texts dev.tsv
\`\`\`

${await draw(drawings, "calibration", description, calibrationPlot(bins))}

A label with a score of 0.9 should be right nine times of ten. Of ${model} (int8) on SST-2's dev set, ${texts} sentences, the expected calibration error is ${error.toFixed(3)}: on average, scores differ by so much from the share of labels that are right.
The larger a circle, the more texts had such a score.
`
}

function calibrationPlot(bins: Figures["calibration"]["bins"]) {
  return (theme: Theme): Plot.PlotOptions => {
    const axis = { domain: [0.45, 1.02], ticks: [0.5, 0.6, 0.7, 0.8, 0.9, 1], tickSize: 0, labelArrow: "none" } as const
    const most = Math.max(...bins.map(({ texts }) => texts))
    return {
      height: 340,
      marginLeft: 58,
      marginRight: 24,
      marginTop: 34,
      marginBottom: 42,
      x: { ...axis, label: "mean score", labelAnchor: "center" },
      y: { ...axis, domain: [0.35, 1.02], ticks: [0.4, ...axis.ticks], label: "share of right labels" },
      r: { type: "identity" },
      marks: [
        Plot.gridY({ stroke: theme.grid, strokeOpacity: 1 }),
        Plot.line(
          [
            [0.5, 0.5],
            [1, 1],
          ],
          { stroke: theme.muted, strokeDasharray: "4 4" },
        ),
        Plot.dot(bins, {
          x: "score",
          y: "right",
          r: ({ texts }: { readonly texts: number }) => 4 + 14 * Math.sqrt(texts / most),
          fill: theme.accent,
          fillOpacity: 0.75,
        }),
        Plot.text(bins, {
          x: "score",
          y: "right",
          text: ({ texts }: { readonly texts: number }) => `${texts} texts`,
          dy: 26,
          fill: theme.ink,
        }),
      ],
    }
  }
}
