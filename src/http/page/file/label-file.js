import { isAbort, messageOf } from "../api.js"
import { corpusCommand, showCommand } from "../curl.js"
import { byId, element } from "../element.js"
import { longTextOf } from "../long-text.js"
import { chosenColumn, offerColumns } from "./choose-column.js"
import { kindOf, labelledName } from "./file-kind.js"
import { FileResult, hideResult } from "./file-result.js"
import { labelledRows } from "./read-rows.js"
import { sendPart } from "./send-part.js"
import { firstRecord, splitFile } from "./split-records.js"

/** @typedef {import("../show-result.js").Model} Model */

const column = byId("column", HTMLSelectElement)
const model = byId("file-model", HTMLSelectElement)
const longText = byId("file-long-text", HTMLSelectElement)
const input = byId("file", HTMLInputElement)
const drop = byId("drop", HTMLElement)
const begin = byId("file-begin", HTMLButtonElement)
const run = byId("file-run", HTMLElement)
const name = byId("file-name", HTMLElement)
const cancel = byId("file-cancel", HTMLButtonElement)
const progress = byId("file-progress", HTMLProgressElement)
const state = byId("file-state", HTMLElement)
const status = byId("file-status", HTMLElement)
const problem = byId("file-error", HTMLElement)
const download = byId("file-download", HTMLElement)

/** Ends the current run. */
let stop = new AbortController()

const showRows = (/** @type {number} */ rows) => `${rows.toLocaleString("en")} ${rows === 1 ? "row" : "rows"}`

/**
 * Labels files that are dropped or chosen.
 *
 * @param {{ readonly default: string, readonly models: readonly Model[] }} list
 * @param {{ readonly keyNeeded: boolean, readonly textColumns: readonly string[] }} server
 */
export function startFiles({ default: first, models }, { keyNeeded, textColumns }) {
  model.replaceChildren(...models.map(({ name }) => element("option", { value: name, selected: name === first }, name)))
  const showCurl = showCommand(byId("file-curl", HTMLElement))
  /** @type {File | undefined} */
  let file
  const tellCurl = () => {
    const { name } = file ?? { name: "reviews.csv" }
    showCurl(corpusCommand(document.baseURI, { name, type: kindOf(name).type, query: queryOf() }, keyNeeded))
  }
  const choose = async (/** @type {File | undefined} */ chosen) => {
    if (!chosen) return
    file = chosen
    stop.abort()
    // A run that is no longer the current one says nothing.
    stop = new AbortController()
    reset(chosen)
    try {
      await offerColumns(chosen, textColumns)
    } catch (error) {
      problem.textContent = messageOf(error)
    }
    if (file !== chosen) return
    tellCurl()
    begin.disabled = false
    begin.focus()
  }
  input.addEventListener("change", () => {
    void choose(input.files?.[0])
    // So that the same file can be chosen again.
    input.value = ""
  })
  begin.addEventListener("click", () => {
    const used = models.find(({ name }) => name === model.value)
    if (file && used) void labelFile(file, used)
  })
  cancel.addEventListener("click", () => stop.abort())
  for (const field of [column, model, longText]) field.addEventListener("input", tellCurl)
  tellCurl()
  takeDrops(choose)
}

/** @param {(file: File | undefined) => void} choose */
function takeDrops(choose) {
  // Otherwise the browser would open a file that is dropped elsewhere, in place of the page.
  for (const event of ["dragover", "drop"]) document.addEventListener(event, event => event.preventDefault())
  const mark = (/** @type {boolean} */ isOver) => drop.classList.toggle("over", isOver)
  drop.addEventListener("dragover", () => mark(true))
  drop.addEventListener("dragleave", () => mark(false))
  drop.addEventListener("drop", event => {
    mark(false)
    choose(event.dataTransfer?.files[0])
  })
}

function queryOf() {
  const query = new URLSearchParams({ model: model.value, errors: "true", ...longTextOf(longText) })
  if (chosenColumn() !== "") query.set("column", chosenColumn())
  return `?${query}`
}

/**
 * Labels a file; the current run ends.
 *
 * @param {File} file
 * @param {Model} used
 */
async function labelFile(file, used) {
  stop.abort()
  stop = new AbortController()
  const { signal } = stop
  const startedMs = performance.now()
  const kind = kindOf(file.name)
  const [query, asked] = [queryOf(), chosenColumn()]
  const result = new FileResult(used)
  begins(file)
  let rows = 0
  try {
    /** @type {Blob[]} */
    const labelled = []
    for await (const part of splitFile(file, kind.format)) {
      const bytes = await sendPart(part.body, query, kind.type, signal)
      // Each answer has a header of its own.
      const skipped = labelled.length > 0 && kind.answer !== "jsonl" ? firstRecord(bytes, kind.answer) : 0
      labelled.push(new Blob([bytes.subarray(skipped)]))
      result.add(labelledRows(new TextDecoder().decode(bytes), kind.answer, asked))
      result.show()
      rows += part.records
      progress.value = part.end / file.size
      state.textContent = `${Math.floor(progress.value * 100)} % · ${showRows(rows)}`
    }
    ends(`${showRows(rows)} labelled in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`)
    progress.hidden = true
    again(true)
    offer(new Blob(labelled, { type: kind.type }), labelledName(file.name))
  } catch (error) {
    if (signal !== stop.signal) return
    const how = isAbort(error) ? "Cancelled" : "Not labelled"
    ends(rows > 0 ? `${how} after ${showRows(rows)}: the result is incomplete` : how)
    if (!isAbort(error)) problem.textContent = messageOf(error)
  }
}

/**
 * Shows a file that is not labelled yet.
 *
 * @param {File} file
 */
function reset(file) {
  run.hidden = false
  cancel.hidden = true
  begin.hidden = false
  begin.disabled = true
  again(false)
  progress.hidden = true
  name.textContent = file.name
  state.textContent = `${showBytes(file.size)}, not labelled yet`
  clear()
}

/** @param {File} file */
function begins(file) {
  const hadFocus = document.activeElement === begin
  progress.hidden = false
  progress.value = 0
  begin.hidden = true
  cancel.hidden = false
  // The focus would be lost with the button.
  if (hadFocus) cancel.focus()
  state.textContent = "0 %"
  status.textContent = `Labelling ${file.name}`
  clear()
}

/** @param {boolean} isLabelled */
function again(isLabelled) {
  begin.textContent = isLabelled ? "Label again" : "Label the file"
  begin.classList.toggle("primary", !isLabelled)
}

function clear() {
  problem.textContent = ""
  hideResult()
  URL.revokeObjectURL(download.querySelector("a")?.href ?? "")
  download.replaceChildren()
}

/** @param {string} how */
function ends(how) {
  const hadFocus = document.activeElement === cancel
  cancel.hidden = true
  begin.hidden = false
  state.textContent = how
  status.textContent = how
  if (hadFocus) begin.focus()
}

/**
 * @param {Blob} blob
 * @param {string} fileName
 */
function offer(blob, fileName) {
  const link = { class: "button primary", href: URL.createObjectURL(blob), download: fileName }
  download.replaceChildren(element("a", link, `Download ${fileName}`))
}

/** @param {number} bytes */
function showBytes(bytes) {
  if (bytes < 1e3) return `${bytes} bytes`
  return bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
}
