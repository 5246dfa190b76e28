/** Encodes texts with a tokenizer of the library, one list of ids a text. */
export type EncodeTexts = (texts: readonly string[], addSpecialTokens: boolean) => Promise<number[][]>

/** Characters of a piece. A longer text is cut: the library keeps hundreds of bytes for each of a text's tokens until it is done with all. */
export const pieceLength = 16_384
/** Pieces that are encoded together, each in a thread of its own. */
const atOnce = 4
/** Characters on both sides of a cut by which it is tried. */
const contextLength = 64
/** Cuts of a piece that are tried: if none leaves the tokens as they are, the piece is joined to the next. */
const mostTries = 4

/**
 * Encodes a long text piece by piece, to the ids that the library gives for the whole. A text is cut in front of a space between two words,
 * and only if the characters around the cut have the same tokens with it and without.
 *
 * @param most - ids that are wanted: what is left is not encoded
 * @returns the ids of the text without special tokens: all of them, or more than `most`
 */
export async function encodePieces(encode: EncodeTexts, given: string, most: number): Promise<Int32Array> {
  const text = given.toWellFormed()
  const parts: number[][] = []
  let length = 0
  for (let from = 0; from < text.length && length <= most; ) {
    // The first may have all that is wanted.
    const wanted = from === 0 && most !== Infinity ? 1 : atOnce
    const pieces: string[] = []
    while (pieces.length < wanted && from < text.length) {
      const to = await nextCut(encode, text, from)
      pieces.push(text.slice(from, to))
      from = to
    }
    for (const ids of await encode(pieces, false)) {
      parts.push(ids)
      length += ids.length
    }
  }
  const all = new Int32Array(length)
  let at = 0
  for (const ids of parts) {
    all.set(ids, at)
    at += ids.length
  }
  return all
}

/** Where a piece ends that begins at `from`. */
async function nextCut(encode: EncodeTexts, text: string, from: number): Promise<number> {
  for (let end = from + pieceLength; end < text.length; end += pieceLength) {
    const cuts = cutsBefore(text, end, end - pieceLength / 2)
    const [fit] = await fitting(encode, text, cuts)
    if (fit !== undefined) return fit
  }
  return text.length
}

/** Spaces between two words, from the last one before `end` to the first one after `least`; at most `mostTries`. */
function cutsBefore(text: string, end: number, least: number): number[] {
  const cuts: number[] = []
  for (let at = text.lastIndexOf(" ", end); at > least && cuts.length < mostTries; at = text.lastIndexOf(" ", at - 1))
    if (/^[\p{L}\p{N}] [\p{L}\p{N}]$/u.test(text.slice(at - 1, at + 2))) cuts.push(at)
  return cuts
}

/** The cuts that change no token around them. */
async function fitting(encode: EncodeTexts, text: string, cuts: readonly number[]): Promise<number[]> {
  if (cuts.length === 0) return []
  const around = cuts.flatMap(cut => {
    const [before, after] = [text.slice(cut - contextLength, cut), text.slice(cut, cut + contextLength)]
    return [before + after, before, after]
  })
  const ids = await encode(around, false)
  const sameAt = (index: number) => {
    const [whole = [], before = [], after = []] = ids.slice(index * 3, index * 3 + 3)
    return whole.length === before.length + after.length && [...before, ...after].every((id, at) => id === whole[at])
  }
  return cuts.filter((_, index) => sameAt(index))
}
