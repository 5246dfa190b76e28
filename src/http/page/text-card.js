import { element } from "./element.js"
import { showResult } from "./show-result.js"

/** @typedef {import("./show-result.js").Model} Model */
/** @typedef {import("./show-result.js").Result} Result */

/**
 * A text with the results of all chosen models side by side.
 *
 * @param {string} text
 * @param {readonly (readonly [Model, Result | undefined])[]} results - `undefined` if the model gave none
 * @param {import("./long-text.js").LongText} how - as requested
 */
export function textCard(text, results, how) {
  const allLabels = [...new Set(results.flatMap(([{ labels }]) => labels))]
  const verdicts = results.map(([model, result]) =>
    result ? showResult(allLabels, text, model, result, how) : withoutResult(model),
  )
  // A lexicon that knows no word of a text has no say.
  const says = results.flatMap(([, result]) => (result && !result.error && result.words?.length !== 0 ? [result] : []))
  const labels = new Set(says.map(({ label }) => label))
  const head = element("div", { class: "text-head" }, element("p", { class: "text", dir: "auto" }, text))
  if (labels.size > 1) head.append(element("span", { class: "differ" }, "models disagree"))
  return element("li", {}, head, element("div", { class: "verdicts" }, ...verdicts))
}

/** @param {Model} model */
function withoutResult({ name }) {
  return element(
    "section",
    { class: "verdict" },
    element("h3", {}, name),
    element("p", { class: "facts warning" }, "not labelled"),
  )
}
