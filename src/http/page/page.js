import { ApiError, keyEvents, messageOf, readKey, storeKey } from "./api.js"
import { byId } from "./element.js"
import { startFiles } from "./file/label-file.js"
import { useColours } from "./label-colours.js"
import { listModels, startPlayground } from "./playground.js"
import { startQueue } from "./queue.js"

const form = byId("key-form", HTMLFormElement)
const field = byId("key", HTMLInputElement)
const forget = byId("forget-key", HTMLButtonElement)
const refusal = byId("key-error", HTMLElement)
const problem = byId("label-error", HTMLElement)

/** @type {{ readonly keyNeeded: boolean, readonly queue: boolean, readonly textColumns: readonly string[], readonly colours: import("./label-colours.js").Colours }} */
const server = await (await fetch("page/server.json", { credentials: "omit" })).json()
useColours(server.colours)
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

/** Sends no request before there is a key, if the server requires one. */
async function start() {
  if (started || (server.keyNeeded && readKey() === null)) return
  try {
    const models = await listModels()
    if (started) return
    started = true
    startPlayground(models, server.keyNeeded)
    startFiles(models, server)
    if (server.queue) startQueue()
    problem.textContent = ""
  } catch (error) {
    // A refused key has its message at the field of the key.
    if (!(error instanceof ApiError && error.status === 401)) problem.textContent = messageOf(error)
  }
}

await start()
