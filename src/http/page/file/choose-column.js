import { byId, element } from "../element.js"
import { kindOf } from "./file-kind.js"
import { columnsOf } from "./read-rows.js"

/** The beginning of a file that is read for its columns. */
const headBytes = 64 * 1024

const column = byId("column", HTMLSelectElement)
const note = byId("column-note", HTMLElement)

/** @returns {string} the chosen column, as a request names it; "" if the server shall find it */
export const chosenColumn = () => column.value

/**
 * Offers the columns of a file, the likeliest at first.
 *
 * @param {File} file
 * @param {readonly string[]} likely - names of columns with texts, the likeliest first
 */
export async function offerColumns(file, likely) {
  const head = await file.slice(0, headBytes).text()
  const whole = file.size > headBytes ? head.slice(0, head.lastIndexOf("\n") + 1) || head : head
  const columns = columnsOf(whole, kindOf(file.name).format)
  const names = columns.map(({ name }) => name.trim().toLowerCase())
  const best = names.indexOf(likely.find(name => names.includes(name)) ?? "")
  column.disabled = columns.length === 0
  const options = columns.map(({ name, value }, index) =>
    element("option", { value, selected: index === best || columns.length === 1 }, name),
  )
  if (columns.length === 0) column.replaceChildren(element("option", { value: "" }, "every line"))
  else if (best !== -1 || columns.length === 1) column.replaceChildren(...options)
  else column.replaceChildren(element("option", { value: "", selected: true }, "choose a column"), ...options)
  note.textContent =
    columns.length === 0 ? "Plain text has no columns" : columns.length === 1 ? "1 column" : `${columns.length} columns`
}
