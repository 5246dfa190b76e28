/** A string of JSON, or a number that JSON does not have, as Python writes it. */
const oddNumbers = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g

/**
 * The value of JSON, in which NaN and Infinity may be numbers and count as null; `undefined` if it is no JSON.
 *
 * @param onProblem - called with why it is no JSON
 */
export function readJson(text: string, onProblem?: (error: unknown) => void): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    try {
      return JSON.parse(text.replace(oddNumbers, part => (part.startsWith('"') ? part : "null")))
    } catch {
      onProblem?.(error)
      return undefined
    }
  }
}
