import { mkdir, writeFile } from "node:fs/promises"
import { basename, join } from "node:path"
import * as Plot from "@observablehq/plot"
import { parseHTML } from "linkedom"

/** The colours of a drawing: GitHub's page is light or dark, and an image knows neither. */
export interface Theme {
  readonly ink: string
  readonly muted: string
  readonly grid: string
  /** What the drawing is about. */
  readonly accent: string
  /** A second thing. */
  readonly second: string
  /** What is there to compare with. */
  readonly plain: string
}

const themes: Readonly<Record<"light" | "dark", Theme>> = {
  light: {
    ink: "#1f2328",
    muted: "#59636e",
    grid: "#d1d9e0",
    accent: "#0969da",
    second: "#bc4c00",
    plain: "#afb8c1",
  },
  dark: { ink: "#f0f6fc", muted: "#9198a1", grid: "#3d444d", accent: "#4493f8", second: "#f0883e", plain: "#656c76" },
}

const WIDTH = 760

/**
 * Draws a plot, once for light pages and once for dark ones.
 *
 * @param folder - where `NAME-light.svg` and `NAME-dark.svg` go; it is next to the page
 * @param description - what it says, in one sentence, to those who cannot see it
 * @returns the Markdown that shows the one that suits the page
 */
export async function draw(
  folder: string,
  name: string,
  description: string,
  options: (theme: Theme) => Plot.PlotOptions,
): Promise<string> {
  await mkdir(folder, { recursive: true })
  for (const [themeName, theme] of Object.entries(themes))
    await writeFile(join(folder, `${name}-${themeName}.svg`), `${svgOf(options(theme), theme, description)}\n`)
  return [
    "<picture>",
    `  <source media="(prefers-color-scheme: dark)" srcset="${basename(folder)}/${name}-dark.svg">`,
    `  <img alt="${description}" src="${basename(folder)}/${name}-light.svg" width="${WIDTH}">`,
    "</picture>",
  ].join("\n")
}

function svgOf(options: Plot.PlotOptions, { ink }: Theme, title: string): string {
  const { document } = parseHTML("<!doctype html><html><body></body></html>")
  const svg = Plot.plot({
    width: WIDTH,
    style: { fontSize: "13px" },
    ...options,
    document,
  } as Plot.PlotOptions) as unknown as SvgElement
  for (const part of svg.querySelectorAll("style")) part.remove()
  for (const part of svg.querySelectorAll("[aria-label]")) part.removeAttribute("aria-label")
  svg.removeAttribute("style")
  svg.removeAttribute("class")
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg")
  svg.setAttribute("font-family", "system-ui, -apple-system, 'Segoe UI', sans-serif")
  svg.setAttribute("font-size", "13")
  svg.setAttribute("fill", ink)
  svg.setAttribute("color", ink)
  const about = document.createElement("title") as unknown as SvgElement
  about.textContent = title
  svg.prepend(about)
  return svg.outerHTML
}

/** The part of the DOM that drawing needs; the compiler has no DOM here. */
interface SvgElement {
  readonly outerHTML: string
  textContent: string
  prepend(first: SvgElement): void
  querySelectorAll(selector: string): Iterable<SvgElement>
  remove(): void
  setAttribute(name: string, value: string): void
  removeAttribute(name: string): void
}
