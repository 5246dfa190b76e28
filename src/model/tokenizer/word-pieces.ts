import { NO_PIECES, PieceTrie } from "./piece-trie.ts"

/** Gives the ids of a text at once, special tokens included; `undefined` for a text that it leaves to the library. */
export type EncodeAtOnce = (text: string) => Int32Array | undefined

/** The ids that stand around those of every text. */
export interface SpecialIds {
  readonly before: readonly number[]
  readonly after: readonly number[]
}

/** A longer text is left to the library: 256 of these, a call's most, hold the event loop for 15 ms. UTF-16 units. */
const MAX_TEXT_LENGTH = 1000
/** Ids of many texts are in one block: memory of its own for each would take longer than its ids. It lives as long as any of them. */
const BLOCK_IDS = 16_384
/** The first texts that come alone wait 40 ms each for the library's threads: making an encoder costs as much as this many. */
const TEXTS_BEFORE_MAKING = 160

/** Codes of ASCII. */
const ASCII = 128
/** Codes of the characters that are read here: ASCII, letters of Latin with an accent, quotation marks, dashes and the like. */
const CODES = 0x2028
/** Marks outside ASCII whose category is the same in every version of Unicode, and the space that does not break. */
const MORE_MARKS = /^[\u00a1\u00ab\u00b7\u00bb\u00bf\u2010-\u2027]$/
const MORE_BLANKS = /^\u00a0$/
/** Letters beyond: all that are a letter of ASCII with accents, which are taken off. */
const LAST_LETTER = 0x17f

/** What a character is to BERT's normalizer and pre-tokenizer. */
const UNKNOWN = 0
const BLANK = 1
/** A word of its own. */
const MARK = 2
const LETTER = 3

/** What is read here of a `tokenizer.json` that the library takes. */
interface TokenizerFile {
  readonly added_tokens?: readonly { readonly content: string }[]
  readonly normalizer?: {
    readonly type?: unknown
    readonly lowercase?: unknown
    readonly strip_accents?: unknown
  } | null
  readonly pre_tokenizer?: { readonly type?: unknown } | null
  readonly post_processor?: { readonly type?: unknown; readonly single?: unknown } | null
  readonly model: {
    readonly type?: unknown
    readonly unk_token?: unknown
    readonly continuing_subword_prefix?: unknown
    readonly max_input_chars_per_word?: unknown
    readonly vocab: Readonly<Record<string, number>>
  }
}

/**
 * A WordPiece encoder in this thread, for short texts of ASCII, of Latin letters with accents and of common marks, which takes a
 * tenth of the library's time or less: nothing is handed to other threads, and of BERT's normalizer only lower case and accents
 * are left to do.
 *
 * @param json - the text of a `tokenizer.json` that the library takes
 * @returns `undefined` if that is not BERT's, to the letter
 */
export function createEncodeAtOnce(json: string, { before, after }: SpecialIds): EncodeAtOnce | undefined {
  const file: TokenizerFile = JSON.parse(json)
  const { vocab, unk_token: unknown, continuing_subword_prefix: prefix, max_input_chars_per_word: longest } = file.model
  const lowercase = file.normalizer?.lowercase
  const alphabet = alphabetOf(file)
  if (!isBert(file) || !alphabet) return undefined
  if (typeof unknown !== "string" || typeof prefix !== "string") return undefined
  if (typeof longest !== "number" || typeof lowercase !== "boolean" || !Object.hasOwn(vocab, unknown)) return undefined
  const unknownId = vocab[unknown] as number
  const { kinds, fold } = alphabet
  const idOfMark = (code: number) => vocab[String.fromCharCode(code)] ?? unknownId
  const pieces = new PieceTrie(vocab, prefix)
  const most = before.length + MAX_TEXT_LENGTH + after.length
  let block = new Int32Array(BLOCK_IDS)
  let free = 0

  return text => {
    if (text.length > MAX_TEXT_LENGTH) return undefined
    // As long as the text up to where that is no ASCII, and nothing is read beyond.
    let normal = lowercase ? text.toLowerCase() : text
    let isFolded = false
    if (free + most > block.length) {
      block = new Int32Array(BLOCK_IDS)
      free = 0
    }
    const ids = block
    ids.set(before, free)
    let count = free + before.length
    for (let at = 0; at < text.length; ) {
      const start = at
      const code = text.charCodeAt(at++)
      const kind = kinds[code]
      if (!kind) return undefined
      if (kind === BLANK) continue
      if (kind === MARK && code >= ASCII) {
        ids[count++] = idOfMark(code)
        continue
      }
      let highest = code
      if (kind === LETTER)
        for (; at < text.length && kinds[text.charCodeAt(at)] === LETTER; at++)
          highest = Math.max(highest, text.charCodeAt(at))
      if (highest >= ASCII && !isFolded) {
        normal = folded(text, fold)
        isFolded = true
      }
      const end = at - start > longest ? NO_PIECES : pieces.split(normal, start, at, ids, count)
      if (end === NO_PIECES) ids[count++] = unknownId
      else count = end
    }
    ids.set(after, count)
    const begin = free
    free = count + after.length
    return ids.subarray(begin, free)
  }
}

/**
 * Such an encoder, made when it has begun to pay: until then, as in a process that labels a few texts, it leaves all to the
 * library, and for any other tokenizer it always does.
 */
export function lazyAsciiEncoder(json: string, special: SpecialIds): EncodeAtOnce {
  // Not kept, and never parsed, if it is plain that it is another: that can be 20 MB.
  let waiting = json.includes('"BertPreTokenizer"') ? json : undefined
  let texts = 0
  let encode: EncodeAtOnce = () => undefined
  return text => {
    if (waiting !== undefined && texts++ === TEXTS_BEFORE_MAKING) {
      encode = createEncodeAtOnce(waiting, special) ?? encode
      waiting = undefined
    }
    return encode(text)
  }
}

function isBert({ model, normalizer, pre_tokenizer, post_processor }: TokenizerFile): boolean {
  return (
    model.type === "WordPiece" &&
    normalizer?.type === "BertNormalizer" &&
    pre_tokenizer?.type === "BertPreTokenizer" &&
    (post_processor?.type === "BertProcessing" ||
      (post_processor?.type === "TemplateProcessing" && holdsTextOnce(post_processor.single)))
  )
}

/** Whether the template of a sole text is that text and nothing else but special tokens. */
function holdsTextOnce(template: unknown): boolean {
  if (!Array.isArray(template)) return false
  const sequences = template.filter(piece => !("SpecialToken" in piece))
  return sequences.length === 1 && sequences[0].Sequence?.id === "A"
}

/** What a tokenizer makes of characters, by code. */
interface Alphabet {
  readonly kinds: Uint8Array
  /** What is left of a character without its accents, in lower case if the tokenizer wants it. */
  readonly fold: Uint16Array
}

/**
 * Unknown are control characters, which may be taken out or kept, and the first of every added token, which is cut out of a
 * text before it is split into words, wherever it stands.
 *
 * @returns `undefined` if an added token may begin with something else once it is normalised
 */
function alphabetOf({ added_tokens: addedTokens = [], normalizer }: TokenizerFile): Alphabet | undefined {
  const kinds = new Uint8Array(CODES)
  const { lowercase, strip_accents: stripped } = normalizer ?? {}
  const fold = Uint16Array.from(kinds.keys())
  for (let code = 0; code < ASCII; code++) {
    const character = String.fromCharCode(code)
    if (lowercase === true) fold[code] = character.toLowerCase().charCodeAt(0)
    if (/[ \t\n\r]/.test(character)) kinds[code] = BLANK
    else if (/[0-9A-Za-z]/.test(character)) kinds[code] = LETTER
    else if (/[!-~]/.test(character)) kinds[code] = MARK
  }
  for (const { content } of addedTokens) {
    if (!/^[!-~]+$/.test(content)) return undefined
    for (const first of [content[0]?.toLowerCase(), content[0]?.toUpperCase()])
      kinds[first?.charCodeAt(0) ?? 0] = UNKNOWN
  }
  for (let code = ASCII; code < CODES; code++) {
    const character = String.fromCharCode(code)
    if (MORE_BLANKS.test(character)) kinds[code] = BLANK
    else if (MORE_MARKS.test(character)) kinds[code] = MARK
    else if (code <= LAST_LETTER && (stripped ?? lowercase) === true) {
      const [first = "", ...others] = character.normalize("NFD")
      if (others.length === 0 || !/^[A-Za-z]$/.test(first)) continue
      const letter = first.charCodeAt(0)
      fold[code] = fold[letter] as number
      kinds[code] = kinds[letter] as number
    }
  }
  return { kinds, fold }
}

/** A text whose characters are folded, each by itself. */
function folded(text: string, fold: Uint16Array): string {
  const codes = new Uint16Array(text.length)
  for (let at = 0; at < codes.length; at++) codes[at] = fold[text.charCodeAt(at)] ?? text.charCodeAt(at)
  return String.fromCharCode(...codes)
}
