import { messageOf } from "./api.js"
import { element } from "./element.js"
import { explain } from "./explanation.js"
import { colourOf } from "./label-colours.js"

/** Bars of a text: of a model with more labels, the best ones. */
const mostBars = 5
/** Lexicons rate from -5 to 5; one of the user's own may go further. */
const lexiconScale = 5
/** Matches of a lexicon that are listed at first. */
const mostMatches = 12

/** @typedef {import("./long-text.js").LongText} LongText */
/** @typedef {{ readonly label: string, readonly score: number }} LabelScore */
/** @typedef {{ readonly name: string, readonly dtype: string, readonly labels: readonly string[] }} Model */
/**
 * @typedef {LabelScore & {
 *   readonly scores?: LabelScore[], readonly tokens: number, readonly truncated: boolean, readonly windows: number,
 *   readonly words?: string[], readonly error?: { readonly message: string }
 * }} Result
 */

/**
 * A score for people to read; a lexicon's has a sign.
 *
 * @param {LabelScore & { readonly words?: string[] }} result
 */
export function showScore({ score, words }) {
  if (words === undefined) return score.toFixed(3)
  return `${score > 0 ? "+" : ""}${score.toFixed(2).replace("-", "−")}`
}

/**
 * The result of a model for a text.
 *
 * @param {readonly string[]} allLabels - of all models side by side: their bars begin at the same place
 * @param {string} text
 * @param {Model} model
 * @param {Result} result
 * @param {LongText} how - as requested
 */
export function showResult(allLabels, text, model, result, how) {
  const title = element("h3", {}, model.name)
  if (result.error)
    return element("section", { class: "verdict" }, title, element("p", { class: "error" }, result.error.message))
  const head = element("div", { class: "head" }, title, element("span", { class: "facts" }, showLength(result)))
  return element(
    "section",
    { class: "verdict" },
    head,
    element("div", {}, showBars(result, model.labels, allLabels), ...showFacts(result)),
    showWords(text, model, result, how),
  )
}

/**
 * @param {Result} result
 * @param {readonly string[]} labels
 * @param {readonly string[]} allLabels
 */
function showBars(result, labels, allLabels) {
  const scores = result.words === undefined ? (result.scores ?? [result]).slice(0, mostBars) : [result]
  const rows = scores.map(({ label, score }) => {
    const fill = element("span", { class: "fill" })
    const track = element("span", { class: "track", "aria-hidden": "true" }, fill)
    if (result.words === undefined) fill.style.inlineSize = `${Math.min(Math.max(score, 0), 1) * 100}%`
    else balance(track, fill, score)
    return element(
      "li",
      { class: `bar ${colourOf(label, labels)}` },
      // The style sheet makes the column as wide as the widest of all labels.
      element("span", { class: "bar-label", "data-widest": allLabels.join("\n") }, label),
      track,
      element("span", { class: "bar-score" }, showScore({ ...result, score })),
    )
  })
  return element("ul", { class: "bars", role: "list" }, ...rows)
}

/**
 * A lexicon's score is a mean of valences: its bar goes left or right from 0.
 *
 * @param {HTMLElement} track
 * @param {HTMLElement} fill
 * @param {number} score
 */
function balance(track, fill, score) {
  const share = Math.min(Math.abs(score) / lexiconScale, 1) * 50
  track.classList.add("balance")
  fill.style.inlineSize = `${share}%`
  fill.style.insetInlineStart = score < 0 ? `${50 - share}%` : "50%"
}

/** @param {Result} result */
function showLength({ tokens, words }) {
  const unit = words === undefined ? "token" : "word"
  return `${tokens} ${tokens === 1 ? unit : `${unit}s`}`
}

/** @param {Result} result */
function showFacts({ truncated, windows, words }) {
  const facts = []
  if (words !== undefined) facts.push(showMatches(words))
  if (truncated) facts.push(element("p", { class: "facts warning" }, "truncated: the model read only the beginning"))
  if (windows > 1) facts.push(element("p", { class: "facts" }, `read in ${windows} windows`))
  return facts
}

/**
 * What a lexicon matched: of many words the first, and the others behind a button.
 *
 * @param {readonly string[]} words
 */
function showMatches(words) {
  if (words.length === 0) return element("p", { class: "facts" }, "no word matched")
  const all = `matched: ${words.join(", ")}`
  if (words.length <= mostMatches) return element("p", { class: "facts" }, all)
  const button = element("button", { type: "button", class: "in-line" }, `and ${words.length - mostMatches} more`)
  const place = element("p", { class: "facts" }, `matched: ${words.slice(0, mostMatches).join(", ")} `, button)
  button.addEventListener("click", () => place.replaceChildren(all))
  return place
}

let explanations = 0

/**
 * A button that shows which words moved the score; it requests them once.
 *
 * @param {string} text
 * @param {Model} model
 * @param {Result} result
 * @param {LongText} how
 */
function showWords(text, model, result, how) {
  const id = `explanation-${++explanations}`
  const name = `Which words made it ${result.label}, by ${model.name}`
  const button = element(
    "button",
    { type: "button", class: "quiet", "aria-expanded": "false", "aria-controls": id, "aria-label": name },
    "Which words?",
  )
  const place = element("div", { id, class: "explanation", "aria-live": "polite", hidden: true })
  let asked = false
  button.addEventListener("click", async () => {
    const isOpen = button.getAttribute("aria-expanded") === "true"
    button.setAttribute("aria-expanded", String(!isOpen))
    place.hidden = isOpen
    if (asked) return
    asked = true
    place.setAttribute("aria-busy", "true")
    try {
      place.replaceChildren(...(await explain(text, model, how)))
    } catch (error) {
      asked = false
      place.replaceChildren(element("p", { class: "error" }, messageOf(error)))
    }
    place.removeAttribute("aria-busy")
  })
  return element("div", { class: "words" }, button, place)
}
