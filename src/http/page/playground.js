import { ApiError, call, keyEvents, messageOf, postJson } from "./api.js"
import { labelCommand, showCommand } from "./curl.js"
import { byId, element } from "./element.js"
import { longTextOf } from "./long-text.js"
import { showScore } from "./show-result.js"
import { textCard } from "./text-card.js"

/** Texts are labelled when nothing was typed for this time, ms. */
const pauseMs = 250
/** Lines that are labelled as they are typed; a file may have any number. */
const mostTexts = 100
/** Results that are kept, so that only changed lines are sent. */
const mostKept = 2000
/** Texts whose labels are read out. */
const mostRead = 3
/** Time until a server that did not answer is asked again, ms. */
const againMs = 3000

/** @typedef {import("./show-result.js").Model} Model */
/** @typedef {import("./show-result.js").Result} Result */

const texts = byId("texts", HTMLTextAreaElement)
const longText = byId("long-text", HTMLSelectElement)
const results = byId("results", HTMLOListElement)
const staleNote = byId("stale", HTMLElement)
const status = byId("label-status", HTMLElement)
const problem = byId("label-error", HTMLElement)

/**
 * Labels the typed texts with the chosen models.
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
    clearTimeout(timer)
    stop.abort()
    stop = new AbortController()
    const { signal } = stop
    const all = texts.value
      .split("\n")
      .map(line => line.trim())
      .filter(line => line !== "")
    const lines = all.slice(0, mostTexts)
    const asked = chosen()
    showCurl(labelCommand(document.baseURI, { ...bodyOf(lines, asked[0], first), ...longTextOf(longText) }, keyNeeded))
    results.setAttribute("aria-busy", "true")
    const startedMs = performance.now()
    const answers = await Promise.allSettled(asked.map(model => labelNew(model, lines, signal)))
    if (signal.aborted) return
    const failures = answers.flatMap((answer, index) =>
      answer.status === "rejected" ? [{ name: asked[index]?.name ?? "", error: answer.reason }] : [],
    )
    const sent = answers.some(answer => answer.status === "fulfilled" && answer.value > 0)
    show(lines)
    tell(all.length, lines, sent ? performance.now() - startedMs : undefined)
    tellProblems(failures, asked.length)
    results.removeAttribute("aria-busy")
  }

  /**
   * What failed, once for all models if the reason is the same. A server that is away is asked again.
   *
   * @param {readonly { readonly name: string, readonly error: unknown }[]} failures
   * @param {number} askedModels
   */
  const tellProblems = (failures, askedModels) => {
    const messages = new Set(failures.map(({ error }) => messageOf(error)))
    const isCommon = messages.size === 1 && failures.length === askedModels
    problem.textContent = (
      isCommon ? [...messages] : failures.map(({ name, error }) => `${name}: ${messageOf(error)}`)
    ).join("\n")
    const isAway = failures.some(({ error }) => error instanceof ApiError && error.status === 0)
    staleNote.hidden = !isAway
    results.classList.toggle("stale", isAway)
    const waitsSeconds = failures.map(({ error }) => (error instanceof ApiError ? error.retryAfterSeconds : 0))
    const laterMs = Math.max(...waitsSeconds, 0) * 1000
    if (failures.length > 0) status.textContent = ""
    if (isAway || laterMs > 0) timer = setTimeout(label, Math.max(againMs, laterMs))
  }

  /**
   * @param {Model} model
   * @param {readonly string[]} lines
   * @param {AbortSignal} signal
   */
  const labelNew = async (model, lines, signal) => {
    const missing = [...new Set(lines)].filter(text => !known.has(keyOf(model, text)))
    if (missing.length === 0) return 0
    // Keys of the options as they are now: they may change before the answer comes.
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

  /** A text that did not change keeps its element, with the explanations that are open there. */
  const show = (/** @type {readonly string[]} */ lines) => {
    const next = lines.map((text, index) => {
      const given = chosen().map(model => /** @type {const} */ ([model, known.get(keyOf(model, text))]))
      const key = JSON.stringify([text, given.map(([{ name }, result]) => [name, !result]), longText.value])
      const old = shown[index]
      return old?.key === key ? old : { key, item: textCard(text, given, longTextOf(longText)) }
    })
    for (const [index, { item }] of next.entries()) {
      const old = shown[index]?.item
      if (old === undefined) results.append(item)
      else if (old !== item) old.replaceWith(item)
    }
    for (const { item } of shown.slice(next.length)) item.remove()
    shown = next
  }

  /**
   * @param {number} count
   * @param {readonly string[]} lines
   * @param {number | undefined} tookMs - absent if all results were known
   */
  const tell = (count, lines, tookMs) => {
    const [model] = chosen()
    if (model === undefined || count === 0) {
      status.textContent = model === undefined ? "Choose a model." : "Type a text to see its label."
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
 * The models of this server.
 *
 * @returns {Promise<{ readonly default: string, readonly models: readonly Model[] }>}
 */
export const listModels = async () => (await call("v1/models")).json()

/**
 * A box for each model. At first the default model is chosen and one of another kind, for comparison: the last one, because
 * the small lexicon comes before the large one.
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
