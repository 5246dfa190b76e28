import { byId, element } from "../element.js"
import { colourOf } from "../label-colours.js"

/** Rows of the preview. */
const mostRows = 10
/** Labels with a bar; the rarer ones share the last. */
const mostBars = 8
/** Characters of a text in the preview. */
const mostCharacters = 280

/** @typedef {import("./read-rows.js").LabelledRow} LabelledRow */
/** @typedef {import("../show-result.js").Model} Model */

const place = byId("file-result", HTMLElement)
const bars = byId("file-counts", HTMLElement)
const facts = byId("file-facts", HTMLElement)
const preview = byId("file-preview", HTMLElement)

const count = (/** @type {number} */ number) => number.toLocaleString("en")
const share = (/** @type {number} */ part) =>
  part.toLocaleString("en", { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 })

/** The result of a file while it is labelled: counts of labels, and the first rows. */
export class FileResult {
  /** @type {Map<string, number>} */
  #labels = new Map()
  /** @type {LabelledRow[]} */
  #first = []
  #scoreSum = 0
  #rows = 0
  #empty = 0
  #failed = 0
  #model

  /** @param {Model} model */
  constructor(model) {
    this.#model = model
  }

  /** @param {Iterable<LabelledRow>} rows */
  add(rows) {
    for (const row of rows) {
      this.#rows++
      if (this.#first.length < mostRows) this.#first.push(row)
      if (row.label !== undefined) {
        this.#labels.set(row.label, (this.#labels.get(row.label) ?? 0) + 1)
        this.#scoreSum += row.score ?? 0
      } else if (row.error === undefined) this.#empty++
      else this.#failed++
    }
  }

  show() {
    const labelled = this.#rows - this.#empty - this.#failed
    const sorted = [...this.#labels].sort(([, one], [, other]) => other - one)
    const alone = sorted.length > mostBars ? sorted.slice(0, mostBars - 1) : sorted
    const rest = sorted.slice(alone.length)
    const restRows = rest.reduce((sum, [, rows]) => sum + rows, 0)
    bars.replaceChildren(
      ...alone.map(([label, rows]) => countBar(label, rows, labelled, colourOf(label, this.#model.labels))),
      ...(rest.length > 0 ? [countBar(`${rest.length} other labels`, restRows, labelled, "rest")] : []),
    )
    const said = [`${count(labelled)} of ${count(this.#rows)} ${this.#rows === 1 ? "row" : "rows"} labelled`]
    if (labelled > 0) said.push(`mean score ${(this.#scoreSum / labelled).toFixed(3).replace("-", "−")}`)
    if (this.#empty > 0) said.push(`${count(this.#empty)} without text`)
    const line = element("span", {}, said.join(" · "))
    const failed = element("span", { class: "error" }, ` · ${count(this.#failed)} failed`)
    facts.replaceChildren(line, ...(this.#failed > 0 ? [failed] : []))
    preview.replaceChildren(...this.#first.map((row, index) => previewRow(row, index + 1, this.#model)))
    byId("file-preview-title", HTMLElement).textContent =
      this.#rows > this.#first.length ? `First ${this.#first.length} rows` : "All rows"
    place.hidden = this.#rows === 0
  }
}

/** Hides the result of the file before. */
export function hideResult() {
  place.hidden = true
}

/**
 * @param {string} label
 * @param {number} rows
 * @param {number} labelled
 * @param {string} colour
 */
function countBar(label, rows, labelled, colour) {
  const fill = element("span", { class: "fill" })
  fill.style.inlineSize = `${(rows / labelled) * 100}%`
  return element(
    "li",
    { class: `bar ${colour}` },
    element("span", { class: "bar-label" }, label),
    element("span", { class: "track", "aria-hidden": "true" }, fill),
    element("span", { class: "bar-score" }, `${count(rows)} · ${share(rows / labelled)}`),
  )
}

/**
 * @param {LabelledRow} row
 * @param {number} number
 * @param {Model} model
 */
function previewRow({ text, label, score, error }, number, model) {
  const shown = text.length > mostCharacters ? `${text.slice(0, mostCharacters)}…` : text
  const verdict =
    label === undefined
      ? [element("td", { class: "warning", colspan: 2 }, error ?? "no text")]
      : [
          element("td", {}, element("span", { class: `tag ${colourOf(label, model.labels)}` }, label)),
          element("td", { class: "number" }, (score ?? 0).toFixed(3).replace("-", "−")),
        ]
  return element(
    "tr",
    {},
    element("th", { scope: "row" }, count(number)),
    element("td", { class: "cell-text", dir: "auto" }, shown),
    ...verdict,
  )
}
