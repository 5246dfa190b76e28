import { call, isAbort, keyEvents, messageOf, postJson } from "./api.js"
import { labelCommand, showCommand } from "./curl.js"
import { byId, element } from "./element.js"
import { longTextOf } from "./long-text.js"
import { showResult, showScore } from "./show-result.js"

/** How long nothing is typed before texts are labelled, ms. */
const pauseMs = 250
/** Lines that are labelled as they are typed; a file may have any number. */
const mostTexts = 100
/** Results that are kept, so that only lines that changed are sent. */
const mostKept = 2000
/** Texts whose labels are read out. */
const mostRead = 3

/** @typedef {import("./show-result.js").Model} Model */
/** @typedef {import("./show-result.js").Result} Result */

const texts = byId("texts", HTMLTextAreaElement)
const longText = byId("long-text", HTMLSelectElement)
const results = byId("results", HTMLOListElement)
const status = byId("label-status", HTMLElement)
const problem = byId("label-error", HTMLElement)

/**
 * Labels what is typed, by the models that are chosen.
 *
 * @param {{ readonly default: string, readonly models: readonly Model[] }} list
 * @param {boolean} keyNeeded
 */
export function startPlayground({ default: first, models }, keyNeeded) {
  /** @type {Map<string, Result>} */
  const known = new Map()
  const keyOf = (/** @type {Model} */ model, /** @type {string} */ text) => `${model.name}\n${longText.value}\n${text}`
  /** @type {{ readonly key: string, readonly item: HTMLElement }[]} */
  let shown = []
  let stop = new AbortController()
  let timer = 0
  const showCurl = showCommand(byId("label-curl", HTMLElement))
  const boxes = chooseModels(models, first)
  const chosen = () => models.filter((_, index) => boxes[index]?.checked)

  const label = async () => {
    stop.abort()
    stop = new AbortController()
    const { signal } = stop
    const all = texts.value
      .split("\n")
      .map(line => line.trim())
      .filter(line => line !== "")
    const lines = all.slice(0, mostTexts)
    showCurl(
      labelCommand(document.baseURI, { ...bodyOf(lines, chosen()[0], first), ...longTextOf(longText) }, keyNeeded),
    )
    results.setAttribute("aria-busy", "true")
    const startedMs = performance.now()
    try {
      const sent = await Promise.all(chosen().map(model => labelNew(model, lines, signal)))
      const tookMs = sent.some(count => count > 0) ? performance.now() - startedMs : undefined
      problem.textContent = ""
      show(lines)
      tell(all.length, lines, tookMs)
    } catch (error) {
      if (isAbort(error)) return
      problem.textContent = messageOf(error)
      status.textContent = ""
    }
    results.removeAttribute("aria-busy")
  }

  /**
   * @param {Model} model
   * @param {readonly string[]} lines
   * @param {AbortSignal} signal
   */
  const labelNew = async (model, lines, signal) => {
    const missing = [...new Set(lines)].filter(text => !known.has(keyOf(model, text)))
    if (missing.length === 0) return 0
    // As it was chosen when the texts were sent, whatever is chosen when they are answered.
    const keys = missing.map(text => keyOf(model, text))
    const answer = await postJson(
      "v1/label",
      { texts: missing, model: model.name, topK: "all", ...longTextOf(longText) },
      signal,
    )
    if (known.size > mostKept) known.clear()
    for (const [index, key] of keys.entries()) known.set(key, answer.results[index])
    return missing.length
  }

  /** A text that is as it was keeps its place, with the explanations that are open there. */
  const show = (/** @type {readonly string[]} */ lines) => {
    const names = chosen().map(({ name }) => name)
    const next = lines.map((text, index) => {
      const key = JSON.stringify([text, names, longText.value])
      const old = shown[index]
      return old?.key === key ? old : { key, item: showText(text) }
    })
    for (const [index, { item }] of next.entries()) {
      const old = shown[index]?.item
      if (old === undefined) results.append(item)
      else if (old !== item) old.replaceWith(item)
    }
    for (const { item } of shown.slice(next.length)) item.remove()
    shown = next
  }

  const showText = (/** @type {string} */ text) => {
    const verdicts = chosen().flatMap(model => {
      const result = known.get(keyOf(model, text))
      return result ? [showResult(text, model, result, longTextOf(longText))] : []
    })
    return element(
      "li",
      {},
      element("p", { class: "text", dir: "auto" }, text),
      element("div", { class: "verdicts" }, ...verdicts),
    )
  }

  /**
   * @param {number} count
   * @param {readonly string[]} lines
   * @param {number | undefined} tookMs - absent if all of it was known
   */
  const tell = (count, lines, tookMs) => {
    const [model] = chosen()
    if (model === undefined || count === 0) {
      status.textContent = model === undefined ? "Choose what to label with." : "Type a text to see its label."
      return
    }
    const said = lines.slice(0, mostRead).map(text => {
      const result = known.get(keyOf(model, text))
      return result && !result.error ? `${result.label} ${showScore(result)}` : "no label"
    })
    const parts = [lines.length === 1 ? "1 text" : `${lines.length} texts`]
    if (tookMs !== undefined) parts.push(`${Math.max(1, Math.round(tookMs))} ms`)
    if (count > lines.length) parts.push(`the first ${mostTexts} of ${count} lines; a file may have any number`)
    status.replaceChildren(parts.join(" · "), element("span", { class: "visually-hidden" }, `: ${said.join(", ")}`))
  }

  const soon = () => {
    clearTimeout(timer)
    timer = setTimeout(label, pauseMs)
  }
  texts.addEventListener("input", soon)
  for (const field of [...boxes, longText]) field.addEventListener("change", label)
  keyEvents.addEventListener("changed", label)
  void label()
}

/**
 * The models that a request may name.
 *
 * @returns {Promise<{ readonly default: string, readonly models: readonly Model[] }>}
 */
export const listModels = async () => (await call("v1/models")).json()

/**
 * A box for each model; at first the server's own is chosen, and one of another kind, to see them side by side: the last,
 * since the small lexicon comes before the large.
 *
 * @param {readonly Model[]} models
 * @param {string} first
 */
function chooseModels(models, first) {
  const own = models.find(({ name }) => name === first)
  const beside = models.findLast(({ dtype }) => dtype !== own?.dtype) ?? models.find(model => model !== own)
  const boxes = models.map(model =>
    element("input", { type: "checkbox", value: model.name, checked: model === own || model === beside }),
  )
  const choices = models.map(({ name, dtype }, index) =>
    element(
      "label",
      {},
      /** @type {HTMLInputElement} */ (boxes[index]),
      element("span", {}, name),
      element("small", {}, dtype),
    ),
  )
  byId("models", HTMLElement).replaceChildren(...choices)
  return boxes
}

/**
 * @param {readonly string[]} lines
 * @param {Model | undefined} model
 * @param {string} first
 */
function bodyOf(lines, model, first) {
  const [text = ""] = lines
  return {
    ...(lines.length > 1 ? { texts: lines } : { text }),
    ...(model && model.name !== first && { model: model.name }),
  }
}
