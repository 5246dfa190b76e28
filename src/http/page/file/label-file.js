import { ApiError, call, isAbort, messageOf } from "../api.js"
import { corpusCommand, showCommand } from "../curl.js"
import { byId, element } from "../element.js"
import { longTextOf } from "../long-text.js"
import { firstRecord, splitFile } from "./split-records.js"

/** How often a part is sent again that the server has no room for now. */
const mostRetries = 5

/** @typedef {import("./split-records.js").Format} Format */
/** @typedef {{ readonly type: string, readonly format: Format, readonly answer: Format }} FileKind */

/** @type {Readonly<Record<string, FileKind>>} */
const kindByExtension = {
  csv: { type: "text/csv", format: "csv", answer: "csv" },
  tsv: { type: "text/tab-separated-values", format: "tsv", answer: "tsv" },
  jsonl: { type: "application/x-ndjson", format: "jsonl", answer: "jsonl" },
  ndjson: { type: "application/x-ndjson", format: "jsonl", answer: "jsonl" },
  txt: { type: "text/plain", format: "text", answer: "csv" },
}

const column = byId("column", HTMLInputElement)
const model = byId("file-model", HTMLSelectElement)
const longText = byId("file-long-text", HTMLSelectElement)
const input = byId("file", HTMLInputElement)
const drop = byId("drop", HTMLElement)
const run = byId("file-run", HTMLElement)
const name = byId("file-name", HTMLElement)
const cancel = byId("file-cancel", HTMLButtonElement)
const progress = byId("file-progress", HTMLProgressElement)
const state = byId("file-state", HTMLElement)
const status = byId("file-status", HTMLElement)
const problem = byId("file-error", HTMLElement)
const download = byId("file-download", HTMLElement)

/** Ends the run that is under way. */
let stop = new AbortController()

const showRows = (/** @type {number} */ rows) => `${rows.toLocaleString("en")} ${rows === 1 ? "row" : "rows"}`

/**
 * Labels files that are dropped or chosen.
 *
 * @param {{ readonly default: string, readonly models: readonly { readonly name: string }[] }} list
 * @param {boolean} keyNeeded
 */
export function startCorpus({ default: first, models }, keyNeeded) {
  model.replaceChildren(...models.map(({ name }) => element("option", { value: name, selected: name === first }, name)))
  const showCurl = showCommand(byId("file-curl", HTMLElement))
  const tellCurl = (/** @type {File} */ file) =>
    showCurl(
      corpusCommand(document.baseURI, { name: file.name, type: kindOf(file.name).type, query: queryOf() }, keyNeeded),
    )
  let last = new File([], "reviews.csv")
  const begin = (/** @type {File | undefined} */ file) => {
    if (!file) return
    last = file
    tellCurl(file)
    void labelFile(file)
  }
  input.addEventListener("change", () => {
    begin(input.files?.[0])
    // So that the same file can be chosen again, with another column.
    input.value = ""
  })
  cancel.addEventListener("click", () => stop.abort())
  for (const field of [column, model, longText]) field.addEventListener("input", () => tellCurl(last))
  tellCurl(last)
  takeDrops(begin)
}

/** @param {(file: File | undefined) => void} begin */
function takeDrops(begin) {
  // A file that misses its place would replace the page.
  for (const event of ["dragover", "drop"]) document.addEventListener(event, event => event.preventDefault())
  const mark = (/** @type {boolean} */ isOver) => drop.classList.toggle("over", isOver)
  drop.addEventListener("dragover", () => mark(true))
  drop.addEventListener("dragleave", () => mark(false))
  drop.addEventListener("drop", event => {
    mark(false)
    begin(event.dataTransfer?.files[0])
  })
}

/**
 * @param {string} fileName
 * @returns {FileKind}
 */
function kindOf(fileName) {
  const extension = /\.(\w+)$/.exec(fileName)?.[1]?.toLowerCase() ?? ""
  return kindByExtension[extension] ?? /** @type {FileKind} */ (kindByExtension["csv"])
}

function queryOf() {
  const query = new URLSearchParams({ model: model.value, errors: "true", ...longTextOf(longText) })
  if (column.value.trim() !== "") query.set("column", column.value.trim())
  return `?${query}`
}

/** @param {File} file - in the place of one that is under way */
async function labelFile(file) {
  stop.abort()
  stop = new AbortController()
  const { signal } = stop
  const startedMs = performance.now()
  const kind = kindOf(file.name)
  const query = queryOf()
  begins(file)
  let rows = 0
  try {
    /** @type {Blob[]} */
    const labelled = []
    for await (const part of splitFile(file, kind.format)) {
      const bytes = await sendPart(part.body, query, kind, signal)
      // Each answer has a header of its own.
      const skipped = labelled.length > 0 && kind.answer !== "jsonl" ? firstRecord(bytes, kind.answer) : 0
      labelled.push(new Blob([bytes.subarray(skipped)]))
      rows += part.records
      progress.value = part.end / file.size
      state.textContent = `${Math.floor(progress.value * 100)} % · ${showRows(rows)}`
    }
    ends(`${showRows(rows)} labelled in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`)
    offer(new Blob(labelled, { type: kind.type }), labelledName(file.name, kind.answer))
  } catch (error) {
    if (signal !== stop.signal) return
    ends(isAbort(error) ? "Cancelled" : "Not labelled")
    if (!isAbort(error)) problem.textContent = messageOf(error)
  }
}

/** @param {File} file */
function begins(file) {
  run.hidden = false
  cancel.hidden = false
  progress.value = 0
  name.textContent = file.name
  state.textContent = "0 %"
  status.textContent = `Labelling ${file.name}`
  problem.textContent = ""
  URL.revokeObjectURL(download.querySelector("a")?.href ?? "")
  download.replaceChildren()
}

/** @param {string} how */
function ends(how) {
  // The focus would be lost with the button.
  const hadFocus = document.activeElement === cancel
  cancel.hidden = true
  state.textContent = how
  status.textContent = how
  if (hadFocus) input.focus()
}

/**
 * @param {Blob} blob
 * @param {string} fileName
 */
function offer(blob, fileName) {
  const link = { class: "button primary", href: URL.createObjectURL(blob), download: fileName }
  download.replaceChildren(element("a", link, `Download ${fileName}`))
}

/**
 * @param {string} fileName
 * @param {Format} format
 */
function labelledName(fileName, format) {
  const extension = /\.\w+$/.exec(fileName)?.[0] ?? ""
  const stem = fileName.slice(0, fileName.length - extension.length)
  return `${stem}.labelled${extension.toLowerCase() === ".txt" || extension === "" ? `.${format}` : extension}`
}

/**
 * Sends a part, later if the server says so.
 *
 * @param {Blob} body
 * @param {string} query
 * @param {FileKind} kind
 * @param {AbortSignal} signal
 */
async function sendPart(body, query, { type }, signal) {
  for (let retries = 0; ; retries++) {
    try {
      const response = await call(`v1/corpus${query}`, {
        method: "POST",
        headers: { "content-type": type },
        body,
        signal,
      })
      return new Uint8Array(await response.arrayBuffer())
    } catch (error) {
      if (error instanceof TypeError) throw new ApiError(0, "the server broke off its answer")
      if (!(error instanceof ApiError) || error.retryAfterSeconds === 0 || retries >= mostRetries) throw error
      await wait(error.retryAfterSeconds * 1000, signal)
    }
  }
}

/**
 * @param {number} ms
 * @param {AbortSignal} signal
 */
function wait(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener("abort", () => {
      clearTimeout(timer)
      reject(signal.reason)
    })
  })
}
