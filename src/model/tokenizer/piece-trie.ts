/** Where the pieces lie that a word can begin with. */
const BEGINNING = 1
/** Where the pieces lie that a word can go on with. */
const CONTINUATION = 2
/** Codes of ASCII: as many edges can leave a node. */
const CODES = 128

/** A word of ASCII as BERT's pre-tokenizer cuts them: a mark stands alone. Other pieces begin none, and would take room. */
const WORD = /^(?:[0-9A-Za-z]+|[!-~])$/

/** A word is no row of pieces. */
export const NO_PIECES = -1
/** No piece ends at a node. */
const NO_ID = -1

/** Numbers of an edge: its node and code as one key, the node that it leads to, the id of the piece that ends there, and room. */
const EDGE = 4
const TO = 1
const ID = 2
/** Spreads keys over the table: 2^32 divided by the golden ratio. */
const SPREAD = 0x9e3779b1

/**
 * The pieces of WordPiece, letter by letter, so that the longest which a word begins with is found in one walk: what a text
 * takes grows with its length, whatever it says. Words and pieces of ASCII alone.
 *
 * The edges lie in one hash table of 32-bit numbers, each edge in one line of a CPU's cache: a step takes a few nanoseconds.
 */
export class PieceTrie {
  readonly #edges: Int32Array
  /** Slots of the table, a power of two, less one. */
  readonly #mask: number

  /** @param prefix - what a piece is written with that continues a word */
  constructor(vocabulary: Readonly<Record<string, number>>, prefix: string) {
    const pieces = new Pieces()
    for (const [piece, id] of Object.entries(vocabulary)) {
      if (WORD.test(piece)) pieces.add(BEGINNING, piece, id)
      if (piece.startsWith(prefix)) pieces.add(CONTINUATION, piece.slice(prefix.length), id)
    }
    // Two thirds of the slots are free, or more: most searches end at the first.
    const slots = 2 ** Math.ceil(Math.log2(3 * (pieces.edges.size + 1)))
    this.#mask = slots - 1
    this.#edges = new Int32Array(slots * EDGE)
    for (const [key, to] of pieces.edges) {
      const at = this.#slot(key)
      this.#edges[at] = key
      this.#edges[at + TO] = to
      this.#edges[at + ID] = pieces.ids.get(to) ?? NO_ID
    }
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
        const edge = this.#slot(node * CODES + text.charCodeAt(next++))
        if (edges[edge] === 0) break
        node = edges[edge + TO] as number
        const id = edges[edge + ID] as number
        if (id === NO_ID) continue
        longest = id
        at = next
      }
      if (longest === NO_ID) return NO_PIECES
      ids[written++] = longest
    }
    return written
  }

  /** Where an edge lies, or the free slot that it would have: keys are never 0. */
  #slot(key: number): number {
    const edges = this.#edges
    let slot = (Math.imul(key, SPREAD) >>> 8) & this.#mask
    while (edges[slot * EDGE] !== key && edges[slot * EDGE] !== 0) slot = (slot + 1) & this.#mask
    return slot * EDGE
  }
}

/** A trie as it grows. */
class Pieces {
  /** By a node's number, times `CODES`, plus a code: the node that comes next. */
  readonly edges = new Map<number, number>()
  /** By node: id of the piece that ends there. */
  readonly ids = new Map<number, number>()

  add(root: number, piece: string, id: number): void {
    if (/\P{ASCII}/u.test(piece)) return
    let node = root
    for (let at = 0; at < piece.length; at++) {
      const edge = node * CODES + piece.charCodeAt(at)
      // Nodes are numbered as they come, behind the two that all words start from.
      node = this.edges.get(edge) ?? this.edges.size + CONTINUATION + 1
      this.edges.set(edge, node)
    }
    this.ids.set(node, id)
  }
}
