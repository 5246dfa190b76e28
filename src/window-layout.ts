/** How a text that has more tokens than a model takes is cut into windows. */
export interface WindowShape {
  /** Tokens that a window may have, special tokens included. */
  readonly maxLength: number
  /** Tokens that a window shares with the one before it. */
  readonly stride: number
  /** Special tokens that each window has besides the text's own. */
  readonly specialTokens: number
}

/** Which of a text's own tokens a window holds: from `start`, without `end`. */
export interface WindowSpan {
  readonly start: number
  readonly end: number
}

/** A shorter window would hold little more than special tokens and what it shares with the one before. */
export const shortestWindow = 8

/** The stride if no one asks for another: 64 of 512. */
export const usualStride = (maxLength: number) => Math.floor(maxLength / 8)

/** The longest stride: a window brings at least as much that is new. */
export const longestStride = (maxLength: number) => Math.floor(maxLength / 2)

const roomOf = ({ maxLength, specialTokens }: WindowShape) => maxLength - specialTokens

/** How far a window begins after the one before it; at least by one token, regardless of what the tokenizer adds to each. */
const stepOf = (shape: WindowShape) => Math.max(1, roomOf(shape) - shape.stride)

/**
 * How many windows a text has.
 *
 * @param ownTokens - of the text, special tokens left out
 */
export function countWindows(ownTokens: number, shape: WindowShape): number {
  const beyond = ownTokens - roomOf(shape)
  return beyond <= 0 ? 1 : 1 + Math.ceil(beyond / stepOf(shape))
}

/** The tokens of one of a text's windows; the last may hold fewer than the others. */
export function windowAt(index: number, ownTokens: number, shape: WindowShape): WindowSpan {
  const start = index * stepOf(shape)
  return { start, end: Math.min(start + roomOf(shape), ownTokens) }
}

/** Tokens that a model computes for a text in windows: special tokens and shared ones as often as they occur. */
export function windowedTokens(ownTokens: number, shape: WindowShape): number {
  const windows = countWindows(ownTokens, shape)
  const shared = Math.max(0, roomOf(shape) - stepOf(shape))
  return ownTokens + windows * shape.specialTokens + (windows - 1) * shared
}
