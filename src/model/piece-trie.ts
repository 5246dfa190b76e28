/** Where the pieces lie that a word can begin with. */
const BEGINNING = 1
/** Where the pieces lie that a word can go on with. */
const CONTINUATION = 2
const NO_NODE = 0
const NO_ID = -1
/** Codes of ASCII: as many edges can leave a node. */
const CODES = 128

/** A word of ASCII as BERT's pre-tokenizer cuts them: a mark stands alone. Other pieces begin none, and would take room. */
const WORD = /^(?:[0-9A-Za-z]+|[!-~])$/

/** A word is no row of pieces. */
export const NO_PIECES = -1

/**
 * The pieces of WordPiece, letter by letter, so that the longest which a word begins with is found in one walk: what a text
 * takes grows with its length, whatever it says. Words and pieces of ASCII alone; 2 MB for the 30,000 pieces of BERT.
 */
export class PieceTrie {
  /** Edges, each a key (node and code) and the node that it leads to; probed from the place of a key's hash. 0 is no key. */
  #edges = new Int32Array(2 ** 17)
  /** The first place of a hash is its top bits. */
  #hashShift = 16
  /** By node: id of the piece that ends there. */
  readonly #ids: number[] = [NO_ID, NO_ID, NO_ID]

  /** @param prefix - what a piece is written with that continues a word */
  constructor(vocabulary: Readonly<Record<string, number>>, prefix: string) {
    for (const piece of Object.keys(vocabulary)) {
      const id = vocabulary[piece] as number
      if (WORD.test(piece)) this.#add(BEGINNING, piece, 0, id)
      if (piece.startsWith(prefix)) this.#add(CONTINUATION, piece, prefix.length, id)
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
    let written = count
    let root = BEGINNING
    for (let at = start; at < end; root = CONTINUATION) {
      let longest = NO_ID
      let node = root
      for (let next = at; next < end; ) {
        node = this.#edges[this.#place(node * CODES + text.charCodeAt(next++)) + 1] as number
        if (node === NO_NODE) break
        const id = this.#ids[node] as number
        if (id === NO_ID) continue
        longest = id
        at = next
      }
      if (longest === NO_ID) return NO_PIECES
      ids[written++] = longest
    }
    return written
  }

  #add(root: number, piece: string, from: number, id: number): void {
    let node = root
    for (let at = from; at < piece.length; at++) {
      const code = piece.charCodeAt(at)
      if (code >= CODES) return
      node = this.#grow(node * CODES + code)
    }
    this.#ids[node] = id
  }

  /** The node that an edge leads to, which is made where there is none. */
  #grow(key: number): number {
    const place = this.#place(key)
    if (this.#edges[place] === key) return this.#edges[place + 1] as number
    this.#edges[place] = key
    this.#edges[place + 1] = this.#ids.length
    const node = this.#ids.push(NO_ID) - 1
    // Half of the places stay free: what is not there is found missing after a look or two.
    if (4 * this.#ids.length > this.#edges.length) this.#widen()
    return node
  }

  #widen(): void {
    const edges = this.#edges
    this.#edges = new Int32Array(2 * edges.length)
    this.#hashShift -= 1
    for (let from = 0; from < edges.length; from += 2) {
      const key = edges[from] as number
      if (key === 0) continue
      const place = this.#place(key)
      this.#edges[place] = key
      this.#edges[place + 1] = edges[from + 1] as number
    }
  }

  /** Where an edge is, or would be put. Multiplied by 2^32 over the golden ratio, which spreads keys that lie close. */
  #place(key: number): number {
    const edges = this.#edges
    let place = 2 * (Math.imul(key, 0x9e37_79b1) >>> this.#hashShift)
    while (edges[place] !== key && edges[place] !== 0) place = (place + 2) & (edges.length - 1)
    return place
  }
}
