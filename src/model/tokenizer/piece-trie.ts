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

/**
 * The pieces of WordPiece, letter by letter, so that the longest which a word begins with is found in one walk: what a text
 * takes grows with its length, whatever it says. Words and pieces of ASCII alone.
 */
export class PieceTrie {
  /** By a node's number, times `CODES`, plus a code: the node that comes next. */
  readonly #edges = new Map<number, number>()
  /** By node: id of the piece that ends there. */
  readonly #ids = new Map<number, number>()

  /** @param prefix - what a piece is written with that continues a word */
  constructor(vocabulary: Readonly<Record<string, number>>, prefix: string) {
    for (const [piece, id] of Object.entries(vocabulary)) {
      if (WORD.test(piece)) this.#add(BEGINNING, piece, id)
      if (piece.startsWith(prefix)) this.#add(CONTINUATION, piece.slice(prefix.length), id)
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
      let longest: number | undefined
      let node: number | undefined = root
      for (let next = at; next < end; ) {
        node = this.#edges.get(node * CODES + text.charCodeAt(next++))
        if (node === undefined) break
        const id = this.#ids.get(node)
        if (id === undefined) continue
        longest = id
        at = next
      }
      if (longest === undefined) return NO_PIECES
      ids[written++] = longest
    }
    return written
  }

  #add(root: number, piece: string, id: number): void {
    let node = root
    for (let at = 0; at < piece.length; at++) {
      const code = piece.charCodeAt(at)
      if (code >= CODES) return
      const edge = node * CODES + code
      // Nodes are numbered as they come, behind the two that all words start from.
      node = this.#edges.get(edge) ?? this.#edges.size + CONTINUATION + 1
      this.#edges.set(edge, node)
    }
    this.#ids.set(node, id)
  }
}
