import { splitWords, type Words } from "./split-words.ts"

/** A word or phrase of a lexicon. */
export interface LexiconEntry {
  /** As the lexicon has it, normalised. */
  readonly text: string
  readonly valence: number
}

/** What begins with a word: the word's own entry, and phrases of this many words at most; 1 if none exists. */
interface Beginning {
  entry?: LexiconEntry
  longestPhrase: number
}

/** What a lexicon found in a text. */
export interface Match {
  /** In the order of the text; no word is part of two of them. */
  readonly entries: readonly LexiconEntry[]
  /** Words that were examined. */
  readonly wordCount: number
  readonly truncated: boolean
}

/** More words than this an entry may not have, so that no text makes look-ups slow. */
export const maxPhraseWords = 16

const contraction = /(?<=\b(?:ai|are|ca|could|did|does|do|had|has|have|is|must|need|should|was|were|wo|would))n'?t\b/g

/** Words and phrases with valences, found by one look-up for each word of a text, regardless of their number. */
export class Lexicon {
  readonly #entries = new Map<string, LexiconEntry>()
  /** By first word. */
  readonly #beginnings = new Map<string, Beginning>()
  /** By their words as a text may write them, parted by single spaces. */
  readonly #phrases = new Map<string, LexiconEntry>()
  #longestWord = 0

  /** How many entries there are. */
  get size(): number {
    return this.#entries.size
  }

  /**
   * Takes in an entry; of two with the same words the first stays.
   *
   * @param words - normalised words, 1 to `maxPhraseWords`
   * @returns false if the lexicon has the entry already
   */
  add(words: readonly string[], valence: number): boolean {
    const text = words.join(" ")
    if (this.#entries.has(text)) return false
    const entry = { text, valence }
    this.#entries.set(text, entry)
    this.#index(words, entry)
    return true
  }

  /**
   * Lets entries with a negated verb match however the text writes it: `dont like` and `don't like` are found by
   * either, unless the lexicon has both. For when all entries are in.
   */
  addContractions(): void {
    for (const entry of [...this.#entries.values()]) {
      const other = entry.text.replace(contraction, found => (found === "nt" ? "n't" : "nt"))
      if (!this.#entries.has(other)) this.#index(other.split(" "), entry)
    }
  }

  /** The entries in a text: from left to right, at each word the longest phrase that begins there. */
  match(text: string, maxWords?: number): Match {
    const split = splitWords(text, maxWords)
    const entries: LexiconEntry[] = []
    this.#find(split, split.words.length, entries)
    return { entries, wordCount: split.words.length, truncated: split.truncated }
  }

  /**
   * The same, piece by piece, for a text that is long.
   *
   * @param pieceLength - characters of a piece; it ends at the next white space
   * @returns a step after each piece, and in the end what was found
   */
  *matchInPieces(text: string, maxWords: number, pieceLength: number): Generator<void, Match> {
    const entries: LexiconEntry[] = []
    // What comes again with the next piece: words with which a phrase may begin that ends there.
    for (let [at, wordCount, before] = [0, 0, ""]; ; ) {
      const to = endOfPiece(text, at + pieceLength)
      const split = splitWords(before + text.slice(at, to), maxWords - wordCount)
      const { words, starts, truncated } = split
      const isLast = truncated || to === text.length
      const passed = this.#find(split, isLast ? words.length : words.length - maxPhraseWords, entries)
      wordCount += isLast ? words.length : passed
      if (isLast) return { entries, wordCount, truncated }
      before = split.text.slice(starts[passed] ?? split.text.length)
      at = to
      yield
    }
  }

  /**
   * Adds the entries that begin before the word `end`.
   *
   * @returns the word after the last that was looked at
   */
  #find(split: Words, end: number, entries: LexiconEntry[]): number {
    let at = 0
    while (at < end) {
      const word = split.words[at] as string
      const beginning = word.length > this.#longestWord ? undefined : this.#beginnings.get(word)
      const phraseWords = beginning === undefined ? 1 : this.#longestPhraseAt(split, at, beginning.longestPhrase)
      const entry = phraseWords > 1 ? this.#phrases.get(joinWords(split, at, phraseWords)) : beginning?.entry
      if (entry !== undefined) entries.push(entry)
      at += phraseWords
    }
    return at
  }

  /** How many words the longest phrase has that begins at a word; 1 if none does. */
  #longestPhraseAt(split: Words, at: number, longest: number): number {
    let count = 1
    while (count < longest && partedByWhiteSpace(split, at + count)) count++
    while (count > 1 && !this.#phrases.has(joinWords(split, at, count))) count--
    return count
  }

  #index(words: readonly string[], entry: LexiconEntry): void {
    const first = words[0] as string
    const beginning = this.#beginnings.get(first) ?? { longestPhrase: 1 }
    beginning.longestPhrase = Math.max(beginning.longestPhrase, words.length)
    if (words.length === 1) beginning.entry = entry
    else this.#phrases.set(words.join(" "), entry)
    this.#beginnings.set(first, beginning)
    this.#longestWord = Math.max(this.#longestWord, first.length)
  }
}

/** The place of the first white space at `from` or after it, otherwise the end of the text. */
function endOfPiece(text: string, from: number): number {
  if (from >= text.length) return text.length
  const after = /\s/g
  after.lastIndex = from
  return after.exec(text)?.index ?? text.length
}

function joinWords({ words }: Words, at: number, count: number): string {
  return words.slice(at, at + count).join(" ")
}

/** Whether nothing but white space is before a word and after the one before it. */
function partedByWhiteSpace({ text, words, starts }: Words, at: number): boolean {
  const start = starts[at]
  if (start === undefined) return false
  const gap = text.slice((starts[at - 1] as number) + (words[at - 1] as string).length, start)
  return gap !== "" && !/\S/.test(gap)
}
