import { ApiError, keyEvents, messageOf, readKey, storeKey } from "./api.js"
import { startCorpus } from "./corpus.js"
import { byId } from "./element.js"
import { listModels, startPlayground } from "./playground.js"
import { startQueue } from "./queue.js"

const form = byId("key-form", HTMLFormElement)
const field = byId("key", HTMLInputElement)
const forget = byId("forget-key", HTMLButtonElement)
const refusal = byId("key-error", HTMLElement)
const problem = byId("label-error", HTMLElement)

/** @type {{ readonly keyNeeded: boolean, readonly queue: boolean }} */
const server = await (await fetch("page/server.json", { credentials: "omit" })).json()
byId("board", HTMLElement).hidden = !server.queue
form.hidden = !server.keyNeeded
forget.hidden = readKey() === null

form.addEventListener("submit", event => {
  event.preventDefault()
  refusal.textContent = ""
  storeKey(field.value)
  field.value = ""
})
forget.addEventListener("click", () => {
  field.focus()
  storeKey(undefined)
})
keyEvents.addEventListener("changed", () => {
  forget.hidden = readKey() === null
  void start()
})
keyEvents.addEventListener("refused", event => {
  if (!(event instanceof CustomEvent)) return
  form.hidden = false
  refusal.textContent = event.detail
})

let started = false

/** Nothing is asked of a server before there is a key that it asks for. */
async function start() {
  if (started || (server.keyNeeded && readKey() === null)) return
  try {
    const models = await listModels()
    if (started) return
    started = true
    startPlayground(models, server.keyNeeded)
    startCorpus(models, server.keyNeeded)
    if (server.queue) startQueue()
    problem.textContent = ""
  } catch (error) {
    // A refused key is reported at its field.
    if (!(error instanceof ApiError && error.status === 401)) problem.textContent = messageOf(error)
  }
}

await start()
