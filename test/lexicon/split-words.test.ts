import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { normaliseText, splitWords } from "../../src/lexicon/split-words.ts"

const wordsOf = (text: string, limit?: number) => splitWords(text, limit).words

describe("splitWords", () => {
  test.each([
    ["punctuation and case", "Good, BAD; ugly!", ["good", "bad", "ugly"]],
    ["apostrophes inside a word", "'tis don't rock'n'roll dogs'", ["tis", "don't", "rock'n'roll", "dogs"]],
    ["the typographic apostrophe", "don’t", ["don't"]],
    ["hyphens inside a word", "-self-deluded- a--b", ["self-deluded", "a", "b"]],
    ["the typographic hyphen", "cover\u2010up", ["cover-up"]],
    ["digits", "n00b 10/10", ["n00b", "10", "10"]],
    ["underscores, hashes and handles", "#good @bad_word", ["good", "bad", "word"]],
    ["decomposed letters", "nai\u0308ve", ["naïve"]],
    ["other scripts", "Очень СКУЧНО! बहुत अच्छी", ["очень", "скучно", "बहुत", "अच्छी"]],
    ["letters beyond the first plane", "𐐀𐐁 x", ["𐐨𐐩", "x"]],
    ["emoji, each a word", "ok🔥🔥 ❤️ 👍🏽", ["ok", "🔥", "🔥", "❤", "👍"]],
    ["lone surrogates", "a\ud83db \udc00", ["a", "b"]],
    ["a mark alone", "\u0301 a\u0301", ["á"]],
    ["nothing", "", []],
    ["no words", " .,;\u0000\n", []],
  ])("%s", (_, text, words) => {
    expect(wordsOf(text)).toEqual(words)
  })

  test("starts - where each word lies in the normalised text", () => {
    expect(splitWords("  Not GOOD")).toEqual({
      text: "  not good",
      words: ["not", "good"],
      starts: [2, 6],
      truncated: false,
    })
  })

  test("limit - takes so many words and says whether there are more", () => {
    expect(splitWords("a b c", 2)).toMatchObject({ words: ["a", "b"], truncated: true })
    expect(splitWords("a b ", 2)).toMatchObject({ words: ["a", "b"], truncated: false })
  })

  test("any text - as a regular expression over whole characters splits it", () => {
    const pattern = /[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}\u200c\u200d]|['-](?=[\p{L}\p{N}]))*|\p{Extended_Pictographic}/gu
    const text = fc.string({
      unit: fc.oneof(fc.constantFrom(...`a-'’ 7_🔥é\u0308\u200d\ud800`), fc.string({ unit: "binary", maxLength: 1 })),
    })
    fc.assert(
      fc.property(text, text => {
        expect(wordsOf(text)).toEqual(normaliseText(text).match(pattern) ?? [])
      }),
      { numRuns: 500 },
    )
  })
})
