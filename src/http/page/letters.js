import { call, keyEvents, messageOf, postJson } from "./api.js"
import { byId, element } from "./element.js"

/** Letters that are shown at a time. */
const pageLetters = 20

/**
 * @typedef {{
 *   id: string, queue: string, job: string, cause: { code: string, message: string }, attempts: number, failedMs: number,
 *   model: { name: string, revision: string, dtype: string } | null, textCount: number | null, texts: string[] | null
 * }} Letter
 */

const panel = byId("letters", HTMLDetailsElement)
const list = byId("letter-list", HTMLElement)
const status = byId("letter-status", HTMLElement)
const problem = byId("letter-error", HTMLElement)
const forAll = byId("letter-all", HTMLElement)
const more = byId("letter-more", HTMLButtonElement)

let start = 0

/** Lets operators look at dead letters, once they open the panel: a server with API keys asks for an operator's. */
export function startLetters() {
  forAll.replaceChildren(
    button("Retry all", () => act("retry", { all: true })),
    sureButton("Drop all", () => act("drop", { all: true })),
    button("Refresh", load),
  )
  more.addEventListener("click", () => void show(start + pageLetters))
  panel.addEventListener("toggle", () => {
    if (panel.open) void load()
  })
  keyEvents.addEventListener("changed", () => {
    if (panel.open) void load()
  })
}

/**
 * Says how many letters there are.
 *
 * @param {number} count
 */
export function countLetters(count) {
  byId("letter-count", HTMLElement).textContent = count.toLocaleString("en")
}

async function load() {
  await show(0)
}

/** @param {number} from */
async function show(from) {
  try {
    const answer = await call(`v1/dead-letters?start=${from}&limit=${pageLetters}`)
    /** @type {{ total: number, letters: Letter[] }} */
    const { total, letters } = await answer.json()
    start = from
    countLetters(total)
    forAll.hidden = false
    list.replaceChildren(...letters.map(letterItem))
    more.hidden = start + letters.length >= total
    if (total === 0) status.textContent = "There are no dead letters."
    problem.textContent = ""
  } catch (error) {
    list.replaceChildren()
    forAll.hidden = true
    more.hidden = true
    problem.textContent = messageOf(error)
  }
}

/**
 * @param {"retry" | "drop"} what
 * @param {{ ids: string[] } | { all: true }} chosen
 */
async function act(what, chosen) {
  try {
    const { done, problems } = await postJson(`v1/dead-letters/${what}`, chosen)
    await load()
    const past = what === "retry" ? "put back in their queues" : "dropped"
    status.textContent =
      done === 1 ? `1 job was ${past.replace("their queues", "its queue")}.` : `${done} jobs were ${past}.`
    problem.textContent = problems.join("\n")
  } catch (error) {
    problem.textContent = messageOf(error)
  }
}

/** @param {Letter} letter */
function letterItem({ id, cause, attempts, failedMs, model, textCount, texts }) {
  const times = attempts === 1 ? "once" : `${attempts} times`
  const facts = [`Tried ${times}`, model && `with ${model.name} ${model.dtype} ${model.revision}`]
  const time = element("time", { datetime: new Date(failedMs).toISOString() }, new Date(failedMs).toLocaleString())
  return element(
    "li",
    {},
    element("div", { class: "row" }, element("strong", {}, cause.code), time),
    element("p", {}, cause.message),
    element("p", { class: "note" }, `${id}. ${facts.filter(Boolean).join(", ")}.`),
    textsOf(texts, textCount),
    element(
      "div",
      { class: "actions" },
      button("Retry", () => act("retry", { ids: [id] })),
      sureButton("Drop", () => act("drop", { ids: [id] })),
    ),
  )
}

/**
 * @param {string[] | null} texts - the first of them
 * @param {number | null} count
 */
function textsOf(texts, count) {
  if (texts === null || count === null) return element("p", { class: "note" }, "The job cannot be read.")
  const shown = texts.map(text => element("li", { dir: "auto" }, text))
  const rest = count - shown.length
  if (rest > 0) shown.push(element("li", { class: "note" }, `and ${rest.toLocaleString("en")} more`))
  const summary = count === 1 ? "1 text" : `${count.toLocaleString("en")} texts`
  return element("details", {}, element("summary", {}, summary), element("ul", {}, ...shown))
}

/**
 * @param {string} title
 * @param {() => unknown} onClick
 */
function button(title, onClick) {
  const made = element("button", { type: "button" }, title)
  made.addEventListener("click", () => void onClick())
  return made
}

/**
 * A button for what cannot be undone: the first click asks, the second does it.
 *
 * @param {string} title
 * @param {() => unknown} onClick
 */
function sureButton(title, onClick) {
  const made = element("button", { type: "button" }, title)
  let asked = false
  const ask = (/** @type {boolean} */ now) => {
    asked = now
    made.textContent = now ? `${title} for good?` : title
    made.classList.toggle("danger", now)
  }
  made.addEventListener("click", () => {
    if (!asked) return ask(true)
    ask(false)
    void onClick()
  })
  made.addEventListener("blur", () => ask(false))
  return made
}
