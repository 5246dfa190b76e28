import { element } from "./element.js"

/**
 * A word quoted for a shell.
 *
 * @param {string} word
 */
export const shellQuote = word => `'${word.replaceAll("'", "'\\''")}'`

/**
 * The command that labels texts.
 *
 * @param {string} server - its URL, with a trailing slash
 * @param {unknown} body
 * @param {boolean} keyNeeded
 */
export function labelCommand(server, body, keyNeeded) {
  return [
    `curl ${shellQuote(`${server}v1/label`)}`,
    ...keyLine(keyNeeded),
    "-H 'content-type: application/json'",
    `-d ${shellQuote(JSON.stringify(body))}`,
  ].join(" \\\n  ")
}

/**
 * The command that labels a file.
 *
 * @param {string} server
 * @param {{ readonly name: string, readonly type: string, readonly query: string }} file
 * @param {boolean} keyNeeded
 */
export function corpusCommand(server, { name, type, query }, keyNeeded) {
  return [
    `curl ${shellQuote(`${server}v1/corpus${query}`)}`,
    ...keyLine(keyNeeded),
    `-H ${shellQuote(`content-type: ${type}`)}`,
    // -T streams; --data-binary would read the whole file first.
    `-X POST -T ${shellQuote(name)}`,
  ].join(" \\\n  ")
}

// The shell's key, not this tab's: a command is shown and copied.
const keyLine = (/** @type {boolean} */ needed) => (needed ? ['-H "authorization: Bearer $VALENCE_API_KEY"'] : [])

/**
 * A command with a button that copies it.
 *
 * @param {HTMLElement} place
 * @returns {(command: string) => void} shows another
 */
export function showCommand(place) {
  const code = element("code")
  const button = element("button", { type: "button", "aria-live": "polite" }, "Copy")
  place.append(element("div", { class: "command" }, element("pre", { tabindex: 0 }, code), button))
  button.addEventListener("click", async () => {
    button.textContent = (await copy(code)) ? "Copied" : "Select and copy"
    setTimeout(() => {
      button.textContent = "Copy"
    }, 2000)
  })
  return command => {
    code.textContent = command
  }
}

/** @param {HTMLElement} code */
async function copy(code) {
  try {
    await navigator.clipboard.writeText(code.textContent ?? "")
    return true
  } catch {
    // A page without TLS has no clipboard.
    getSelection()?.selectAllChildren(code)
    return document.execCommand("copy")
  }
}
