import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { Lexicon } from "../../src/lexicon/lexicon.ts"

function lexiconOf(...entries: readonly string[]): Lexicon {
  const lexicon = new Lexicon()
  for (const entry of entries) lexicon.add(entry.split(" "), 1)
  lexicon.addContractions()
  return lexicon
}

const found = (lexicon: Lexicon, text: string) => lexicon.match(text).entries.map(entry => entry.text)

describe("Lexicon", () => {
  test(".match() - every entry in the order of the text, as often as it is there", () => {
    expect(found(lexiconOf("bad", "good"), "Good, bad and GOOD.")).toEqual(["good", "bad", "good"])
  })

  test(".match() - whole words only", () => {
    expect(found(lexiconOf("good"), "goods feel-good goodness")).toEqual([])
  })

  test(".match() - the longest phrase first", () => {
    const lexicon = lexiconOf("not", "good", "not good", "not good at all")
    expect(found(lexicon, "not good at all")).toEqual(["not good at all"])
    expect(found(lexicon, "not good at most")).toEqual(["not good"])
    expect(found(lexicon, "not so good")).toEqual(["not", "good"])
  })

  test(".match() - the word itself where its phrases do not go on", () => {
    expect(found(lexiconOf("cool", "cool stuff"), "cool. Stuff that is cool")).toEqual(["cool", "cool"])
  })

  test(".match() - of overlapping phrases the one further left", () => {
    const lexicon = lexiconOf("a b", "b c", "c")
    expect(found(lexicon, "a b c")).toEqual(["a b", "c"])
    expect(found(lexicon, "b c")).toEqual(["b c"])
  })

  test(".match() - a phrase that begins inside one that fell short", () => {
    expect(found(lexiconOf("a b c", "b d"), "a b d")).toEqual(["b d"])
  })

  test(".match() - only white space parts the words of a phrase", () => {
    const lexicon = lexiconOf("not good")
    expect(found(lexicon, "not\n \u00a0good")).toEqual(["not good"])
    for (const text of ["not, good", "not - good", "not🔥good", "not"]) expect(found(lexicon, text)).toEqual([])
  })

  test(".match() - a phrase of emoji", () => {
    expect(found(lexiconOf("🔥 🔥"), "🔥 🔥🔥 🔥")).toEqual(["🔥 🔥", "🔥 🔥"])
  })

  test(".match() - an entry with a negated verb, with and without its apostrophe", () => {
    const lexicon = lexiconOf("dont like", "can't stand", "like")
    expect(found(lexicon, "I don’t like it")).toEqual(["dont like"])
    expect(found(lexicon, "I dont like it")).toEqual(["dont like"])
    expect(found(lexicon, "I cant stand it")).toEqual(["can't stand"])
    expect(found(lexicon, "I won't like it")).toEqual(["like"])
  })

  test(".match() - two spellings of a negated verb stay apart where the lexicon has both", () => {
    const lexicon = lexiconOf("wont", "won't")
    expect(found(lexicon, "wont won't")).toEqual(["wont", "won't"])
  })

  test(".match() - counts the words, and stops at the most that it may look at", () => {
    expect(lexiconOf("good").match("good or good", 2)).toEqual({
      entries: [{ text: "good", valence: 1 }],
      wordCount: 2,
      truncated: true,
    })
  })

  test(".match() - a phrase beyond the most words is not found", () => {
    expect(lexiconOf("a b").match("a b", 1).entries).toEqual([])
  })

  test(".add() - false for an entry that is there", () => {
    const lexicon = lexiconOf("not good")
    expect(lexicon.add(["not", "good"], 5)).toBe(false)
    expect(lexicon.size).toBe(1)
    expect(lexicon.match("not good").entries).toEqual([{ text: "not good", valence: 1 }])
  })

  test(".match() - any lexicon over any words: as a plain search from left to right finds", () => {
    const phrase = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(fc.array(phrase, { minLength: 1, maxLength: 8 }), fc.array(phrase), (phrases, parts) => {
        const entries = [...new Set(phrases.map(words => words.join(" ")))]
        const text = parts.flat().join(" ")
        expect(found(lexiconOf(...entries), text)).toEqual(plainSearch(entries, text))
      }),
    )
  })
})

function plainSearch(entries: readonly string[], text: string): string[] {
  const longestFirst = entries.toSorted((a, b) => b.length - a.length)
  const taken: string[] = []
  for (let rest = text; rest !== ""; ) {
    const next = longestFirst.find(entry => `${rest} `.startsWith(`${entry} `))
    if (next !== undefined) taken.push(next)
    rest = rest.slice((next ?? (rest.split(" ")[0] as string)).length + 1)
  }
  return taken
}

test(".matchInPieces() - finds what .match() finds, wherever pieces end", () => {
  const lexicon = lexiconOf("good", "not good", "not good at all", "a b c d e f g h i j k l m n o p", "don't like")
  const part = fc.constantFrom(
    "good",
    "Not",
    "at all",
    "a b c d e f g h i j k l m n o p",
    "dont like",
    "É",
    "-",
    " ",
    "\n",
    "!? ",
    "🙂",
  )
  const texts = fc.array(part, { maxLength: 80 }).map(parts => parts.join(" "))
  fc.assert(
    fc.property(
      texts,
      fc.integer({ min: 1, max: 60 }),
      fc.constantFrom(Infinity, 1, 20, 40),
      (text, length, maxWords) => {
        const pieces = lexicon.matchInPieces(text, maxWords, length)
        let step = pieces.next()
        while (!step.done) step = pieces.next()
        expect(step.value).toEqual(lexicon.match(text, maxWords))
      },
    ),
  )
})
