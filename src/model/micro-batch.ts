/** What goes to a device in one run: rows that are padded to the longest there, so that no padding travels. */
export interface MicroBatch {
  readonly rows: number
  /** Tokens that every row has once it is padded. */
  readonly longest: number
  /** Ids of each row; rows after these are padding and have one token. */
  readonly lengths: Int32Array
  /** The ids of all rows, one row after the other; in 16 bits if all fit. */
  readonly ids: Uint16Array | Int32Array
  /** The id that padding has; the graph masks it, so any id of the vocabulary gives the same logits. */
  readonly padId: number
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
 * Puts encodings together that run together.
 *
 * @param encodings - token ids, one array a row, each of 1 or more ids
 * @param rounding - gives the shape that is padded to; rows that are padding have logits too, after the others
 */
export function microBatch(
  encodings: readonly Int32Array[],
  padId: number,
  rounding: ShapeRounding = asItIs,
): MicroBatch {
  const lengths = new Int32Array(encodings.length)
  let needed = 0
  let all = 0
  for (const [row, { length }] of encodings.entries()) {
    lengths[row] = length
    needed = Math.max(needed, length)
    all += length
  }
  return { ...rounding.round(encodings.length, needed), lengths, ids: packed(encodings, all), padId }
}

function packed(encodings: readonly Int32Array[], count: number): Uint16Array | Int32Array {
  const ids = new Int32Array(count)
  let at = 0
  for (const encoding of encodings) {
    ids.set(encoding, at)
    at += encoding.length
  }
  let bits = 0
  for (let index = 0; index < count; index++) bits |= ids[index] as number
  return bits >>> 16 === 0 ? new Uint16Array(ids) : ids
}

/** The tensors that a graph takes. */
export interface PaddedRows {
  /** int32, shape [rows, longest]. */
  readonly inputIds: Int32Array
  /** int32, shape [rows, longest]: 1 for a token, 0 for padding. */
  readonly attentionMask: Int32Array
}

/** A micro-batch as the tensors that the graph takes. */
export function padded({ rows, longest, lengths, ids, padId }: MicroBatch): PaddedRows {
  const inputIds = new Int32Array(rows * longest).fill(padId)
  const attentionMask = new Int32Array(rows * longest)
  let from = 0
  for (const [row, length] of lengths.entries()) {
    inputIds.set(ids.subarray(from, from + length), row * longest)
    attentionMask.fill(1, row * longest, row * longest + length)
    from += length
  }
  // A row without a token would have nothing to attend to.
  for (let row = lengths.length; row < rows; row += 1) attentionMask[row * longest] = 1
  return { inputIds, attentionMask }
}
