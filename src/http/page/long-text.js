/** @typedef {{ readonly longText?: string }} LongText */

/**
 * What a request says about long texts; nothing if it is the default.
 *
 * @param {HTMLSelectElement} choice
 * @returns {LongText}
 */
export const longTextOf = ({ value }) => (value === "truncate" ? {} : { longText: value })
