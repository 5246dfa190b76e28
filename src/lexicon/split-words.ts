/*
 * What a code unit does to a word. A word is a run of letters, digits and marks with single joiners between them;
 * an emoji is a word of its own; everything else is a gap.
 */
const GAP = 1
const LETTER = 2
const MARK = 3
const JOINER = 4
const EMOJI = 5
const SURROGATE = 6

/** By UTF-16 code unit; 0 until the unit is first met, since most of them never are. */
const kinds = new Uint8Array(0x10000)

function kindOf(character: string): number {
  if (character === "'" || character === "-") return JOINER
  if (/[\p{L}\p{N}]/u.test(character)) return LETTER
  // The two zero-width joiners shape the words of Persian and Hindi.
  if (/[\p{M}\u200c\u200d]/u.test(character)) return MARK
  if (/\p{Extended_Pictographic}/u.test(character)) return EMOJI
  return /[\ud800-\udbff]/.test(character) ? SURROGATE : GAP
}

function kindAt(text: string, index: number): number {
  const unit = text.charCodeAt(index)
  const known = kinds[unit] as number
  if (known !== 0 && known !== SURROGATE) return known
  if (known === 0) kinds[unit] = kindOf(String.fromCharCode(unit))
  // A surrogate alone is a gap; a pair is what its character is.
  if (kinds[unit] !== SURROGATE) return kinds[unit] as number
  const kind = kindOf(String.fromCodePoint(text.codePointAt(index) as number))
  return kind === SURROGATE ? GAP : kind
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the bounds of ASCII
const beyondAscii = /[^\x00-\x7f]/

/** A text's words in order, and where they are in the normalised text. */
export interface Words {
  readonly text: string
  readonly words: readonly string[]
  readonly starts: readonly number[]
  /** Whether words were left out because there are more than the limit. */
  readonly truncated: boolean
}

/**
 * A text as entries are compared with it: lower case, composed (NFC), with the straight apostrophe and hyphen for the
 * typographic ones, and emoji without skin tone and presentation.
 */
export function normaliseText(text: string): string {
  const lower = text.toLowerCase()
  if (!beyondAscii.test(lower)) return lower
  return lower
    .normalize("NFC")
    .replace(/[\u2019\u02bc\uff07]/g, "'")
    .replace(/[\u2010\u2011]/g, "-")
    .replace(/[\ufe0e\ufe0f\u{1f3fb}-\u{1f3ff}]/gu, "")
}

/**
 * The words of a text: runs of letters and digits, with single apostrophes and hyphens inside; each emoji is a word.
 *
 * @param limit - the most words that are taken; 1 or more
 * @example
 * splitWords('“Naïve”, not self-deluded 🙂').words // → [ 'naïve', 'not', 'self-deluded', '🙂' ]
 */
export function splitWords(given: string, limit = Infinity): Words {
  const text = normaliseText(given)
  const words: string[] = []
  const starts: number[] = []
  let index = 0
  while (index < text.length) {
    const kind = kindAt(text, index)
    if (kind !== LETTER && kind !== EMOJI) {
      index++
      continue
    }
    if (words.length >= limit) return { text, words, starts, truncated: true }
    const start = index
    index = kind === LETTER ? endOfRun(text, start) : start + widthAt(text, start)
    words.push(text.slice(start, index))
    starts.push(start)
  }
  return { text, words, starts, truncated: false }
}

function widthAt(text: string, index: number): number {
  return (text.codePointAt(index) as number) > 0xffff ? 2 : 1
}

function endOfRun(text: string, start: number): number {
  let index = start
  for (;;) {
    // Most of the time goes by here: letters that were met before.
    while (index < text.length && kinds[text.charCodeAt(index)] === LETTER) index++
    const kind = index < text.length ? kindAt(text, index) : GAP
    if (kind === LETTER || kind === MARK) index += widthAt(text, index)
    else if (kind === JOINER && index + 1 < text.length && kindAt(text, index + 1) === LETTER) index++
    else return index
  }
}
