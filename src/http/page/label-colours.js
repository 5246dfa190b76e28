/** @typedef {{ readonly known: Readonly<Record<string, string>>, readonly others: readonly string[] }} Colours */

/** @type {Colours} */
let colours = { known: {}, others: [] }

/** Names of colours that the style sheet has as classes: the same as in reports. */
export function useColours(/** @type {Colours} */ given) {
  colours = given
}

/**
 * The colour of a label, as a class: never the only sign of the label.
 *
 * @param {string} label
 * @param {readonly string[]} labels - all of the model
 */
export function colourOf(label, labels) {
  const known = (/** @type {string} */ name) => colours.known[name.toUpperCase()]
  const own = known(label)
  if (own !== undefined) return own
  const taken = labels.map(known)
  const free = colours.others.filter(colour => !taken.includes(colour))
  return free[labels.filter(name => known(name) === undefined).indexOf(label)] ?? "rest"
}

/**
 * The colour of words that speak against a label: that of the opposite sentiment.
 *
 * @param {string} label
 */
export function oppositeColour(label) {
  const { POSITIVE, NEGATIVE } = colours.known
  if (label.toUpperCase() === "POSITIVE") return NEGATIVE ?? "rest"
  return (label.toUpperCase() === "NEGATIVE" ? POSITIVE : undefined) ?? "rest"
}
