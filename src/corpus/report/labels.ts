import { knownLabelColours, type LabelColour, otherLabelColours } from "../../label-colours.ts"
import type { RunSummary } from "../run/summary.ts"

/** A label as the page draws it. */
export interface DrawnLabel {
  readonly name: string
  readonly colour: LabelColour
}

/** Labels that have a colour of their own; the rarer ones share one. */
const mostColours = 7

/** The labels of a run, each in a colour of its own, the most frequent first; the rarer ones beyond share `rest`. */
export function drawLabels({ labels }: Pick<RunSummary, "labels">): DrawnLabel[] {
  const free = otherLabelColours.filter(
    colour => !labels.some(({ label }) => knownLabelColours[label.toUpperCase()] === colour),
  )
  let used = 0
  return labels.map(({ label }) => {
    if (used >= mostColours) return { name: label, colour: "rest" }
    used++
    return { name: label, colour: knownLabelColours[label.toUpperCase()] ?? free.shift() ?? "rest" }
  })
}
