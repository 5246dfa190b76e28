import type { Labelled } from "../labeller.ts"

/** The place of a word in a text, in UTF-16 units: `text.slice(start, end)` is the word. */
export interface WordSpan {
  readonly word: string
  readonly start: number
  readonly end: number
}

const segmenter = new Intl.Segmenter("en", { granularity: "word" })

/**
 * The words of a text in order: what Unicode calls a word, words with a hyphen between them as one, and each emoji.
 *
 * @example
 * [...wordsOf('Self-made, isn’t it? 🙂')].map(({ word }) => word) // → [ 'Self-made', 'isn’t', 'it', '🙂' ]
 */
export function* wordsOf(text: string): Generator<WordSpan> {
  let last: WordSpan | undefined
  for (const { segment, index, isWordLike } of segmenter.segment(text)) {
    if (!isWordLike && !/\p{Extended_Pictographic}/u.test(segment)) continue
    const end = index + segment.length
    if (last && isWordLike && /^[-\u2010\u2011]$/.test(text.slice(last.end, index))) {
      last = { word: text.slice(last.start, end), start: last.start, end }
      continue
    }
    if (last) yield last
    last = { word: segment, start: index, end }
  }
  if (last) yield last
}

/** A text as often as it has words, each time without one of them. */
export function leaveOneOut(text: string, words: readonly WordSpan[]): string[] {
  return words.map(({ start, end }) => text.slice(0, start) + text.slice(end))
}

/**
 * How much a text's label loses without each word: above 0 for a word that supports it.
 *
 * @param whole - the text's result, with the scores of all labels
 * @param without - the results of `leaveOneOut`
 */
export function wordWeights(whole: Labelled, without: readonly Labelled[]): number[] {
  const supportOf = (result: Labelled) => support(result, whole.label)
  const all = supportOf(whole)
  return without.map(result => all - supportOf(result))
}

/** What speaks for a label in a result: its score, or of a lexicon the sum of the valences that matched. */
function support(result: Labelled, label: string): number {
  if (result.words === undefined) return result.scores?.find(score => score.label === label)?.score ?? 0
  // Not the mean: it would rise without a word that supports the label less than others do.
  const sum = result.score * result.words.length
  if (label === "NEUTRAL") return -Math.abs(sum)
  return label === "NEGATIVE" ? -sum : sum
}
