import * as Plot from "@observablehq/plot"
import { parseHTML } from "linkedom"
import type { LabelColour } from "../../label-colours.ts"
import { Html, visible } from "./html.ts"

/** The widths of the two drawings of each plot: one for a screen, one for a phone. The style sheet shows one of them. */
const widths = { wide: 480, narrow: 318 } as const

/** Options of a plot. */
export interface PlotOptions extends Plot.PlotOptions {
  readonly marks: Plot.Markish[]
}

/** The colour of text and of lines that matter. */
export const ink = "var(--ink)"

/** A colour of the style sheet, which has a value for light and for dark pages. */
export const colourOf = (colour: LabelColour) => `var(--${colour})`

/** Room around a plot that has axes. */
export const frame = {
  height: 230,
  marginTop: 30,
  marginRight: 12,
  marginBottom: 40,
  marginLeft: 46,
} as const

/**
 * A plot as inline SVG, in both widths.
 *
 * @param description - what it says, in one sentence, to those who cannot see it
 */
export function draw(options: (width: number) => PlotOptions, description: string): Html {
  const drawings = Object.entries(widths).map(([name, width]) => {
    const { document } = parseHTML("<!doctype html><html><body></body></html>")
    const svg = Plot.plot({ ...options(width), width, document, className: "plot" }) as unknown as SvgElement
    for (const part of svg.querySelectorAll("style")) part.remove()
    for (const part of svg.querySelectorAll("[aria-label]")) part.removeAttribute("aria-label")
    svg.removeAttribute("style")
    svg.setAttribute("class", `plot ${name}`)
    svg.setAttribute("role", "img")
    svg.setAttribute("aria-label", visible(description))
    return svg.outerHTML
  })
  return new Html(drawings.join(""))
}

/** The part of the DOM that `draw` needs; the compiler has no DOM here. */
interface SvgElement {
  readonly outerHTML: string
  querySelectorAll(selector: string): Iterable<SvgElement>
  remove(): void
  setAttribute(name: string, value: string): void
  removeAttribute(name: string): void
}
