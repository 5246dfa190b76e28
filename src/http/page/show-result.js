import { messageOf } from "./api.js"
import { element } from "./element.js"
import { explain } from "./explanation.js"
import { toneOf } from "./tone.js"

/** Bars of a text; a model with more labels has the best of them. */
const mostBars = 5
/** Lexicons rate from -5 to 5; one of the user's own may go further. */
const lexiconScale = 5

/** @typedef {import("./long-text.js").LongText} LongText */
/** @typedef {{ readonly label: string, readonly score: number }} LabelScore */
/** @typedef {{ readonly name: string, readonly dtype: string }} Model */
/**
 * @typedef {LabelScore & {
 *   readonly scores?: LabelScore[], readonly tokens: number, readonly truncated: boolean, readonly windows: number,
 *   readonly words?: string[], readonly error?: { readonly message: string }
 * }} Result
 */

/**
 * A score as a person reads it; one of a lexicon has a sign.
 *
 * @param {LabelScore & { readonly words?: string[] }} result
 */
export function showScore({ score, words }) {
  if (words === undefined) return score.toFixed(3)
  return `${score > 0 ? "+" : ""}${score.toFixed(2).replace("-", "−")}`
}

/**
 * What a model says of a text.
 *
 * @param {string} text
 * @param {Model} model
 * @param {Result} result
 * @param {LongText} how - as it was asked for
 */
export function showResult(text, model, result, how) {
  const title = element("h3", {}, model.name)
  if (result.error)
    return element("section", { class: "verdict" }, title, element("p", { class: "error" }, result.error.message))
  const head = element("div", { class: "head" }, title, element("span", { class: "facts" }, showLength(result)))
  return element(
    "section",
    { class: "verdict" },
    head,
    showBars(result),
    ...showFacts(result),
    showWords(text, model, result, how),
  )
}

/** @param {Result} result */
function showBars(result) {
  const scores = result.words === undefined ? (result.scores ?? [result]).slice(0, mostBars) : [result]
  const rows = scores.map(({ label, score }) => {
    const fill = element("span", { class: "fill" })
    const track = element("span", { class: "track", "aria-hidden": "true" }, fill)
    if (result.words === undefined) fill.style.inlineSize = `${Math.min(Math.max(score, 0), 1) * 100}%`
    else balance(track, fill, score)
    return element(
      "li",
      { class: `bar ${toneOf(label)}` },
      element("span", { class: "bar-label" }, label),
      track,
      element("span", { class: "bar-score" }, showScore({ ...result, score })),
    )
  })
  return element("ul", { class: "bars", role: "list" }, ...rows)
}

/**
 * A lexicon's score is a mean of valences: it is on one side of 0.
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
  if (words !== undefined)
    facts.push(
      element("p", { class: "facts" }, words.length === 0 ? "nothing matched" : `matched: ${words.join(", ")}`),
    )
  if (truncated) facts.push(element("p", { class: "facts warning" }, "truncated: the model saw no more of it"))
  if (windows > 1) facts.push(element("p", { class: "facts" }, `in ${windows} windows: the model saw all of it`))
  return facts
}

let explanations = 0

/**
 * A button that shows which words moved the score; they are asked for once.
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
