/** What goes to a device in one run: rows padded to the longest. */
export interface MicroBatch {
  readonly rows: number
  /** Tokens of the longest row: every row has so many ids. */
  readonly longest: number
  /** int32, shape [rows, longest]. */
  readonly inputIds: Int32Array
  /** int32, shape [rows, longest]: 1 for a token, 0 for padding. */
  readonly attentionMask: Int32Array
}

/**
 * Pads encodings into the tensors that the graph takes.
 *
 * @param encodings - token ids, one array a row, each of 1 or more ids
 * @param padId - the id that padding has; the graph masks it, so any id of the vocabulary gives the same logits
 */
export function padded(encodings: readonly Int32Array[], padId: number): MicroBatch {
  const rows = encodings.length
  const longest = encodings.reduce((length, ids) => Math.max(length, ids.length), 0)
  const inputIds = new Int32Array(rows * longest).fill(padId)
  const attentionMask = new Int32Array(rows * longest)
  encodings.forEach((ids, row) => {
    inputIds.set(ids, row * longest)
    attentionMask.fill(1, row * longest, row * longest + ids.length)
  })
  return { rows, longest, inputIds, attentionMask }
}
