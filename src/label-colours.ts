/** The name of a colour in which a label is drawn. */
export type LabelColour = "blue" | "vermilion" | "green" | "purple" | "gold" | "indigo" | "wine" | "slate" | "rest"

/**
 * The colours of labels on light and on dark pages, for the server's page and for reports. They come from the palettes
 * of Okabe and Ito and of Paul Tol, which people with any colour vision can tell apart; each has a contrast of 3 or more
 * to the page.
 */
export const labelPalette: Readonly<Record<LabelColour, { readonly light: string; readonly dark: string }>> = {
  blue: { light: "#0072b2", dark: "#4aa8e0" },
  vermilion: { light: "#d55e00", dark: "#f0803c" },
  green: { light: "#00875f", dark: "#2fbf91" },
  purple: { light: "#a6448e", dark: "#d183be" },
  gold: { light: "#a87400", dark: "#dba63a" },
  indigo: { light: "#332288", dark: "#a596f5" },
  wine: { light: "#882255", dark: "#dd7fa6" },
  slate: { light: "#6f7b8a", dark: "#8e9aa8" },
  rest: { light: "#8b95a2", dark: "#6b7683" },
}

/** The colours of sentiment labels, written in capitals: the same on every page. */
export const knownLabelColours: Readonly<Record<string, LabelColour>> = {
  POSITIVE: "blue",
  NEGATIVE: "vermilion",
  NEUTRAL: "slate",
  UNCERTAIN: "purple",
}

/** The colours of other labels, in the order in which they are given out; labels beyond these share `rest`. */
export const otherLabelColours: readonly LabelColour[] = [
  "blue",
  "vermilion",
  "green",
  "purple",
  "gold",
  "indigo",
  "wine",
  "slate",
]
