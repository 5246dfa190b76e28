/**
 * What a label says, as a colour: never the only sign of it.
 *
 * @param {string} label
 * @returns {"positive" | "negative" | "neutral"}
 */
export function toneOf(label) {
  if (/^pos/i.test(label)) return "positive"
  return /^neg/i.test(label) ? "negative" : "neutral"
}
