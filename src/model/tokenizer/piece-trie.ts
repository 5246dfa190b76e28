/** Where the pieces are that a word can begin with. */
const BEGINNING = 1
/** Where the pieces are that a word can continue with. */
const CONTINUATION = 2
/** The number of the node that the edge in the first slot leads to. */
const FIRST_NODE = 3
/** Codes of ASCII: as many edges can leave a node. */
const CODES = 128

/** A word of ASCII as BERT's pre-tokenizer cuts them: a mark stands alone. Other pieces begin none, and would take room. */
const WORD = /^(?:[0-9A-Za-z]+|[!-~])$/

/** A word is no row of pieces. */
export const NO_PIECES = -1
/** No piece ends at a node. */
const NO_ID = -1

/** Numbers of an edge: its node and code as one key, and the id of the piece that ends if it leads. */
const EDGE = 2
/** The share of the table's slots that may have an edge: most searches end at the first slot. */
const MOST_FULL = 0.7
/** Spreads keys over the table: 2^32 divided by the golden ratio. */
const SPREAD = 0x9e3779b1

/** A piece, below the node that its words begin at. */
interface Piece {
  readonly root: number
  readonly text: string
  readonly id: number
}

/**
 * The pieces of WordPiece, letter by letter, so that the longest which a word begins with is found in one walk: what a text
 * takes grows with its length, regardless of its content. Words and pieces of ASCII alone.
 *
 * The edges are in one hash table of 32-bit numbers, if each node is numbered by the slot of the edge that leads to it. For
 * BERT's 30,522 pieces it has 1 MB, so that it stays in a CPU's second cache.
 */
export class PieceTrie {
  #edges = new Int32Array(0)
  /** Slots of the table, a power of two, less one. */
  #mask = 0

  /** @param prefix - what a piece is written with that continues a word */
  constructor(vocabulary: Readonly<Record<string, number>>, prefix: string) {
    const pieces = piecesOf(vocabulary, prefix)
    let slots = 2 ** Math.ceil(Math.log2(2 * pieces.length + 2))
    while (!this.#fill(pieces, slots)) slots *= 2
  }

  /**
   * Writes the ids of a word's pieces: the longest that it begins with, then the longest that the rest does.
   *
   * @param start - where the word begins in a text of ASCII
   * @param end - where it ends
   * @param ids - written from `count` on
   * @returns how many `ids` there are then, or `NO_PIECES`
   */
  split(text: string, start: number, end: number, ids: Int32Array, count: number): number {
    const edges = this.#edges
    let written = count
    let root = BEGINNING
    for (let at = start; at < end; root = CONTINUATION) {
      let longest = NO_ID
      let node = root
      for (let next = at; next < end; ) {
        const slot = this.#slot(node * CODES + text.charCodeAt(next++))
        if (edges[slot * EDGE] === 0) break
        node = slot + FIRST_NODE
        const id = edges[slot * EDGE + 1] as number
        if (id === NO_ID) continue
        longest = id
        at = next
      }
      if (longest === NO_ID) return NO_PIECES
      ids[written++] = longest
    }
    return written
  }

  /** Where an edge is, or the free slot that it would have: keys are never 0. */
  #slot(key: number): number {
    const edges = this.#edges
    let slot = (Math.imul(key, SPREAD) >>> 8) & this.#mask
    while (edges[slot * EDGE] !== key && edges[slot * EDGE] !== 0) slot = (slot + 1) & this.#mask
    return slot
  }

  /** Puts the pieces into an empty table; false if it has too few slots. */
  #fill(pieces: readonly Piece[], slots: number): boolean {
    this.#edges = new Int32Array(slots * EDGE)
    this.#mask = slots - 1
    let free = Math.floor(slots * MOST_FULL)
    for (const { root, text, id } of pieces) {
      let node = root
      for (let at = 0; at < text.length; at++) {
        const key = node * CODES + text.charCodeAt(at)
        const slot = this.#slot(key)
        if (this.#edges[slot * EDGE] === 0) {
          if (free-- === 0) return false
          this.#edges.set([key, NO_ID], slot * EDGE)
        }
        if (at === text.length - 1) this.#edges[slot * EDGE + 1] = id
        node = slot + FIRST_NODE
      }
    }
    return true
  }
}

function piecesOf(vocabulary: Readonly<Record<string, number>>, prefix: string): Piece[] {
  const pieces: Piece[] = []
  for (const [piece, id] of Object.entries(vocabulary)) {
    if (WORD.test(piece)) pieces.push({ root: BEGINNING, text: piece, id })
    const rest = piece.startsWith(prefix) ? piece.slice(prefix.length) : ""
    if (!/\P{ASCII}/u.test(rest)) pieces.push({ root: CONTINUATION, text: rest, id })
  }
  return pieces
}
