/** Whether a model hardly knows the characters, the script or the language of a text: its label means little then. */
export type IsUnfamiliar = (text: string, inputIds: Int32Array, truncated: boolean) => boolean

/** Scripts that are distinguished; all others count as one. */
const scripts = [
  ..."Latin Cyrillic Greek Arabic Hebrew Han Hiragana Katakana Hangul Devanagari Bengali Tamil Telugu Thai Georgian".split(
    " ",
  ),
  ..."Armenian Gujarati Gurmukhi Kannada Malayalam Sinhala Myanmar Khmer Ethiopic".split(" "),
].map(name => ({ name, letter: new RegExp(`\\p{Script=${name}}`, "u") }))

/** A script is known if the vocabulary has this many pieces of two letters or more in it, or this share of its pieces. */
const leastPieces = 100
const leastShare = 0.02
/** UTF-16 units of a text that are looked at. */
const mostLookedAt = 2000
/**
 * English texts are cut into 0.12 more pieces than words, of 60,000 tweets, reviews and comments 0.1 % into 0.45 more;
 * German, Dutch, Polish, Turkish and Indonesian sentences mostly into more than that.
 */
const mostContinued = 0.45
const leastTokens = 13

/** What a vocabulary knows. */
interface Vocabulary {
  readonly knows: (script: string) => boolean
  /** Whether words that it does not have are cut into pieces that it has of another language. */
  readonly isOneLanguage: boolean
}

/**
 * Compares texts with a tokenizer's vocabulary, which is read when a text first looks foreign.
 *
 * @param getPieces - all pieces of the vocabulary
 * @param unknownId - the token for what the vocabulary cannot spell; `undefined` if it has none
 * @param specialTokens - in each encoding
 */
export function createIsUnfamiliar(
  getPieces: () => readonly string[],
  unknownId: number | undefined,
  specialTokens: number,
): IsUnfamiliar {
  let known: Vocabulary | undefined
  const vocabulary = () => {
    known ??= readVocabulary(asText(getPieces()))
    return known
  }
  return (text, inputIds, truncated) => {
    const own = inputIds.length - specialTokens
    if (own < 1) return false
    if (/\P{ASCII}/u.test(text)) {
      if (unknownId !== undefined && 2 * inputIds.filter(id => id === unknownId).length > own) return true
      const foreign = foreignLetters(text.slice(0, mostLookedAt))
      if (foreign !== undefined) return isForeign(foreign, vocabulary())
    }
    // Words of a text that is truncated, or long, may not all be among its ids; English has more characters a token.
    if (truncated || own < leastTokens || text.length > mostLookedAt || text.length > 4 * own) return false
    const words = text.match(/[\p{L}\p{N}\p{M}]+|[^\s\p{L}\p{N}\p{M}]/gu)?.length ?? 0
    return own - words >= mostContinued * own && vocabulary().isOneLanguage
  }
}

/** The letters of a text of which most are not Latin. */
function foreignLetters(text: string): readonly string[] | undefined {
  const letters = text.match(/\p{L}/gu) ?? []
  const foreign = letters.filter(letter => !/\p{Script=Latin}/u.test(letter))
  return 2 * foreign.length > letters.length ? letters : undefined
}

function isForeign(letters: readonly string[], { knows }: Vocabulary): boolean {
  return 2 * letters.filter(letter => !knows(scriptOf(letter))).length > letters.length
}

function scriptOf(letter: string): string {
  return scripts.find(script => script.letter.test(letter))?.name ?? "another"
}

function readVocabulary(pieces: readonly string[]): Vocabulary {
  const counts = new Map<string, { all: number; long: number }>()
  for (const piece of pieces) {
    const letters = piece.match(/\p{L}/gu)
    if (!letters) continue
    const script = scriptOf(letters[0] as string)
    const { all, long } = counts.get(script) ?? { all: 0, long: 0 }
    counts.set(script, { all: all + 1, long: long + (letters.length > 1 ? 1 : 0) })
  }
  const isKnown = ({ all, long }: { readonly all: number; readonly long: number }) =>
    long >= leastPieces || all >= leastShare * pieces.length
  const known = new Set([...counts].filter(([, count]) => isKnown(count)).map(([script]) => script))
  return { knows: script => known.has(script), isOneLanguage: known.size === 1 && known.has("Latin") }
}

/** Pieces of byte-level BPE, which are bytes, as the characters that they are. */
function asText(pieces: readonly string[]): readonly string[] {
  return pieces.some(piece => piece.startsWith("Ġ")) ? pieces.map(fromBytes) : pieces
}

/** GPT-2's alphabet: printable bytes are themselves, the others the characters from U+0100 on. */
const byteOf = new Map<string, number>()
for (let byte = 0, next = 256; byte < 256; byte++) {
  const isPrintable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174
  byteOf.set(String.fromCharCode(isPrintable ? byte : next++), byte)
}

function fromBytes(piece: string): string {
  return Buffer.from([...piece].map(character => byteOf.get(character) ?? 63)).toString()
}
