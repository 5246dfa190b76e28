/** A piece of a page; its text is escaped. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

type Part = string | number | Html | undefined | readonly (Html | string)[]

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
}

/** Marks that reorder the text around them, and control characters, which browsers drop or refuse. */
const invisible = /[\u202a-\u202e\u2066-\u2069]|(?![\t\n\r])[\p{Cc}]/gu

/**
 * A text as a page shows it: characters that would hide or reorder the text around them are spelled out, such as
 * `⟨U+202E⟩`, and a lone surrogate becomes `U+FFFD`.
 */
export function visible(text: string): string {
  return text
    .toWellFormed()
    .replace(invisible, mark => `⟨U+${(mark.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}⟩`)
}

/** Text for an element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return visible(text).replace(/[&<>"']/g, character => entities[character] as string)
}

/** A template whose values are escaped, unless they are `Html` already; lists are joined. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.reduce((page, string, index) => page + written(parts[index - 1]) + string))
}

function written(part: Part): string {
  if (part === undefined) return ""
  if (part instanceof Html) return part.text
  if (typeof part === "object") return part.map(written).join("")
  return escapeHtml(String(part))
}
