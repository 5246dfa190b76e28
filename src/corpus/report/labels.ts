import type { RunSummary } from "../run/summary.ts"

/** A label as the page draws it. */
export interface DrawnLabel {
  readonly name: string
  /** The number of its colour, as `report-style.ts` lists them. */
  readonly colour: ColourName
}

export type ColourName = "blue" | "vermilion" | "green" | "purple" | "gold" | "indigo" | "wine" | "slate" | "rest"

/** What sentiment labels are drawn in, wherever they stand: a reader knows them from page to page. */
const known: Readonly<Record<string, ColourName>> = {
  POSITIVE: "blue",
  NEGATIVE: "vermilion",
  NEUTRAL: "slate",
  UNCERTAIN: "purple",
}

const others: readonly ColourName[] = ["blue", "vermilion", "green", "purple", "gold", "indigo", "wine", "slate"]

/** Labels that have a colour of their own; the rarer ones share one. */
const mostColours = 7

/** The labels of a run, each in a colour of its own, the most frequent first; the rarer ones beyond share `rest`. */
export function drawLabels({ labels }: Pick<RunSummary, "labels">): DrawnLabel[] {
  const free = others.filter(colour => !labels.some(({ label }) => known[label.toUpperCase()] === colour))
  let used = 0
  return labels.map(({ label }) => {
    if (used >= mostColours) return { name: label, colour: "rest" }
    used++
    return { name: label, colour: known[label.toUpperCase()] ?? free.shift() ?? "rest" }
  })
}
