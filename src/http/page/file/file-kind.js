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

/**
 * The kind of a file by its extension.
 *
 * @param {string} fileName
 * @returns {FileKind}
 */
export function kindOf(fileName) {
  const extension = /\.(\w+)$/.exec(fileName)?.[1]?.toLowerCase() ?? ""
  return kindByExtension[extension] ?? /** @type {FileKind} */ (kindByExtension["csv"])
}

/**
 * The name of the labelled file.
 *
 * @param {string} fileName
 */
export function labelledName(fileName) {
  const extension = /\.\w+$/.exec(fileName)?.[0] ?? ""
  const stem = fileName.slice(0, fileName.length - extension.length)
  const isPlain = extension.toLowerCase() === ".txt" || extension === ""
  return `${stem}.labelled${isPlain ? `.${kindOf(fileName).answer}` : extension}`
}
