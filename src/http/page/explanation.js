import { postJson } from "./api.js"
import { element } from "./element.js"
import { colourOf, oppositeColour } from "./label-colours.js"

/** A word is marked if it moved the score at least this share of what the strongest word did. */
const leastShare = 0.1
/** Nor is a word marked that moved a logit less than this: a model that several words convince needs none of them. */
const leastLogit = 0.05
/** Words that are named, of each kind. */
const mostNamed = 6

/** @typedef {{ readonly word: string, readonly start: number, readonly end: number, readonly weight: number }} WordWeight */

/**
 * Which words moved the score of a text: marked in the text, and named below it.
 *
 * @param {string} text
 * @param {import("./show-result.js").Model} model
 * @param {import("./long-text.js").LongText} how
 * @returns {Promise<HTMLElement[]>}
 */
export async function explain(text, { name, dtype, labels }, how) {
  // Logits: if a model is sure, no single word changes its score after softmax.
  const request = { text, model: name, scoreFunction: "none", ...how }
  /** @type {{ label: string, words: WordWeight[] }} */
  const { label, words } = await postJson("v1/explain", request)
  const most = Math.max(...words.map(({ weight }) => Math.abs(weight)), 0)
  const least = Math.max(most * leastShare, dtype === "lexicon" ? Number.MIN_VALUE : leastLogit)
  const moving = words.filter(({ weight }) => Math.abs(weight) >= least)
  if (moving.length === 0)
    return [element("p", { class: "facts" }, "No single word changes the score: several support the label.")]
  const marks = moving.map(({ start, end, weight }) => {
    const [kind, colour] = weight > 0 ? ["supports", colourOf(label, labels)] : ["opposes", oppositeColour(label)]
    const mark = element("mark", { class: `${kind} ${colour}` }, text.slice(start, end))
    mark.style.setProperty("--strength", `${Math.round((Math.abs(weight) / most) * 100)}%`)
    return { start, end, mark }
  })
  const marked = element("p", { class: "marked", dir: "auto" })
  let at = 0
  for (const { start, end, mark } of marks) {
    marked.append(text.slice(at, start), mark)
    at = end
  }
  marked.append(text.slice(at))
  const lists = [
    nameWords(
      `Supports ${label}`,
      moving.filter(({ weight }) => weight > 0),
    ),
    nameWords(
      `Opposes ${label}`,
      moving.filter(({ weight }) => weight < 0),
    ),
  ]
  const unit = dtype === "lexicon" ? "the sum of the matched words" : "the logit"
  const note = element("p", { class: "facts" }, `How much ${unit} falls if the word is removed.`)
  return [marked, ...lists.flat(), note]
}

/**
 * @param {string} title
 * @param {readonly WordWeight[]} words
 */
function nameWords(title, words) {
  if (words.length === 0) return []
  const strongest = words.toSorted((one, other) => Math.abs(other.weight) - Math.abs(one.weight)).slice(0, mostNamed)
  const named = strongest.map(({ word, weight }) => `${word}\u00a0${showWeight(weight)}`).join(", ")
  return [element("p", { class: "facts" }, element("strong", {}, title), `: ${named}`)]
}

/** @param {number} weight */
function showWeight(weight) {
  const digits = Math.abs(weight) >= 1 ? 2 : 3
  return `${weight > 0 ? "+" : "−"}${Math.abs(weight).toFixed(digits)}`
}
