const newline = 0x0a
const carriageReturn = 0x0d
const quote = 0x22

/** @typedef {"csv" | "tsv" | "jsonl" | "text"} Format */

/** A part of a file that is labelled by itself. */
/** @typedef {{ readonly body: Blob, readonly records: number, readonly end: number }} Part */

/**
 * Cuts a file between records into parts that are labelled one after the other, each with the file's first record in
 * front if that is a header.
 *
 * A browser reads nothing of an answer before all of its request is sent, and a server that streams takes no more of a
 * request while no one reads its answer: parts are small enough to fit into what is between them.
 *
 * @param {Blob} file
 * @param {Format} format
 * @param {number} [partBytes]
 * @returns {AsyncGenerator<Part, void>}
 */
export async function* splitFile(file, format, partBytes = 256 * 1024) {
  const delimiter = delimiterOf(format)
  let header = new Blob()
  let start = 0
  let length = partBytes
  while (start < file.size) {
    const bytes = new Uint8Array(await file.slice(start, start + length).arrayBuffer())
    const isLast = start + length >= file.size
    const cut = cutOff(bytes, delimiter, isLast)
    const isFirst = start === 0
    // A record that is longer than a part; a header alone is no part either.
    if (!isLast && cut.records < (isFirst && delimiter ? 2 : 1)) {
      length *= 2
      continue
    }
    const end = start + cut.end
    const body = file.slice(start, end)
    yield {
      body: isFirst ? body : new Blob([header, body]),
      records: cut.records - (isFirst && delimiter ? 1 : 0),
      end,
    }
    if (isFirst && delimiter) header = file.slice(0, firstRecord(bytes, format))
    start = end
    length = partBytes
  }
}

/**
 * Where the first record ends, its line end with it; for formats that have a header.
 *
 * @param {Uint8Array} bytes
 * @param {Format} format
 */
export function firstRecord(bytes, format) {
  for (const end of recordEnds(bytes, delimiterOf(format))) return end
  return bytes.length
}

/**
 * @param {Format} format
 * @returns {number | undefined} what separates fields; `undefined` if a record is a line and there is no header
 */
function delimiterOf(format) {
  if (format === "csv") return 0x2c
  return format === "tsv" ? 0x09 : undefined
}

/**
 * Where the last whole record ends, and how many there are that are not empty.
 *
 * @param {Uint8Array} bytes
 * @param {number | undefined} delimiter
 * @param {boolean} [isLast] - whether the last record may lack its line end
 */
function cutOff(bytes, delimiter, isLast = false) {
  let [end, records] = [0, 0]
  const count = (/** @type {number} */ next) => {
    const bare = bytes[next - 1] === newline ? next - 1 : next
    if (bare > end && !(bare === end + 1 && bytes[end] === carriageReturn)) records++
    end = next
  }
  for (const next of recordEnds(bytes, delimiter)) count(next)
  if (isLast && end < bytes.length) count(bytes.length)
  return { end, records }
}

/**
 * Where records end that have a line end. A quote opens a field if the field begins, and a line end within is text.
 *
 * @param {Uint8Array} bytes - from where a record begins
 * @param {number | undefined} delimiter
 */
function* recordEnds(bytes, delimiter) {
  let quoted = false
  let closedAt = -2
  // A byte order mark is no part of the first field.
  let fieldStart = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  for (let index = fieldStart; index < bytes.length; index++) {
    const byte = bytes[index]
    if (byte === quote && delimiter !== undefined) {
      // Two of them within a field are one that is text.
      if (!quoted) quoted = index === fieldStart || index === closedAt + 1
      else {
        quoted = false
        closedAt = index
      }
    } else if (!quoted && (byte === newline || byte === delimiter)) {
      fieldStart = index + 1
      if (byte === newline) yield index + 1
    }
  }
}
