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

/** Rows and tokens of a micro-batch. */
export interface Shape {
  readonly rows: number
  readonly longest: number
}

/** Rounds the shape of a micro-batch up to one that a device has. */
export interface ShapeRounding {
  round(rows: number, longest: number): Shape
}

const asItIs: ShapeRounding = { round: (rows, longest) => ({ rows, longest }) }

/**
 * Pads encodings into the tensors that the graph takes.
 *
 * @param encodings - token ids, one array a row, each of 1 or more ids
 * @param padId - the id that padding has; the graph masks it, so any id of the vocabulary gives the same logits
 * @param rounding - gives the shape that is padded to; rows that are padding have one token, and logits too, after the others
 */
export function padded(encodings: readonly Int32Array[], padId: number, rounding: ShapeRounding = asItIs): MicroBatch {
  const needed = encodings.reduce((length, ids) => Math.max(length, ids.length), 0)
  const { rows, longest } = rounding.round(encodings.length, needed)
  const inputIds = new Int32Array(rows * longest).fill(padId)
  const attentionMask = new Int32Array(rows * longest)
  encodings.forEach((ids, row) => {
    inputIds.set(ids, row * longest)
    attentionMask.fill(1, row * longest, row * longest + ids.length)
  })
  // A row without a token would have nothing to attend to.
  for (let row = encodings.length; row < rows; row += 1) attentionMask[row * longest] = 1
  return { rows, longest, inputIds, attentionMask }
}
