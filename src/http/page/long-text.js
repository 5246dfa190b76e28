/** @typedef {{ readonly longText?: string }} LongText */

/**
 * What becomes of a text that is too long, as a request asks for it: nothing if it is what is usual.
 *
 * @param {HTMLSelectElement} choice
 * @returns {LongText}
 */
export const longTextOf = ({ value }) => (value === "truncate" ? {} : { longText: value })
