/**
 * A string of JSON, or a number that JSON does not have, as Python writes it. A string that is not closed is one match up to the end: a search
 * from each of its quotes would take time that grows with the square of the length.
 */
const oddNumbers = /"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?$)|-?\b(?:NaN|Infinity)\b/gs

/**
 * The value of JSON, in which NaN and Infinity may be numbers and count as null; `undefined` if it is no JSON.
 *
 * @param onProblem - called with why it is no JSON
 */
export function parseJson(text: string, onProblem?: (error: unknown) => void): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (!/NaN|Infinity/.test(text)) {
      onProblem?.(error)
      return undefined
    }
    try {
      return JSON.parse(text.replace(oddNumbers, part => (part.startsWith('"') ? part : "null")))
    } catch {
      onProblem?.(error)
      return undefined
    }
  }
}
