import { setImmediate as nextTurn } from "node:timers/promises"
import { afinn111 } from "afinn-111"
import fc from "fast-check"
import { afterAll, describe, expect, test } from "vitest"
import type { LabelOptions } from "../../src/labeller.ts"
import { createLexiconLabeller } from "../../src/lexicon/lexicon-labeller.ts"

const afinn = await createLexiconLabeller({ model: "afinn-111" })
afterAll(() => afinn.close())

describe("createLexiconLabeller", () => {
  test("mvp - 29 words, all of them found", async () => {
    await using mvp = await createLexiconLabeller({ model: "mvp" })
    expect(mvp.model).toEqual({
      name: "mvp",
      revision: expect.stringMatching(/^[0-9a-f]{12}$/),
      dtype: "lexicon",
      labels: ["NEGATIVE", "NEUTRAL", "POSITIVE"],
      maxLength: Infinity,
    })
    expect(await mvp.label(["I love it.", "Dull, dull, dull", "Is it okay?", "A table"])).toEqual([
      { label: "POSITIVE", score: 3, tokens: 3, truncated: false, windows: 1, words: ["love"] },
      { label: "NEGATIVE", score: -2, tokens: 3, truncated: false, windows: 1, words: ["dull", "dull", "dull"] },
      { label: "NEUTRAL", score: 0, tokens: 3, truncated: false, windows: 1, words: ["okay"] },
      { label: "NEUTRAL", score: 0, tokens: 2, truncated: false, windows: 1, words: [] },
    ])
  })

  test("afinn-111 - each of the 2,477 entries alone, capitalised, and inside a sentence", async () => {
    const entries = Object.entries(afinn111)
    expect(entries).toHaveLength(2477)
    for (const write of [
      (entry: string) => entry,
      (entry: string) => entry.toUpperCase(),
      (entry: string) => `He said: “${entry.replaceAll("'", "’")}”, then we went there.`,
    ]) {
      const results = await afinn.label(entries.map(([entry]) => write(entry)))
      expect(results.map(result => ("score" in result ? [result.words?.join(), result.score] : result))).toEqual(
        entries.map(([entry, valence]) => [entry, valence]),
      )
    }
  })

  test("a name that means no lexicon - option_invalid", async () => {
    await expect(createLexiconLabeller({ model: "sentiment-small" })).rejects.toMatchObject({ code: "option_invalid" })
  })
})

describe("LexiconLabeller", () => {
  test(".label() - the longest phrase, then the words", async () => {
    expect(await afinn.label(["Not good, but fun. I can't stand it"])).toEqual([
      {
        label: "NEGATIVE",
        score: expect.closeTo(-1 / 3),
        tokens: 8,
        truncated: false,
        windows: 1,
        words: ["not good", "fun", "can't stand"],
      },
    ])
  })

  test(".label() topK - lists shares beside label and score", async () => {
    expect(await afinn.label(["good"], { topK: 2 })).toMatchObject([
      { label: "POSITIVE", score: 3, scores: [{ label: "POSITIVE", score: 1 }, { score: 0 }] },
    ])
  })

  test(".label() maxLength - looks at so many words", async () => {
    expect(await afinn.label(["a very bad but good film"], { maxLength: 3 })).toMatchObject([
      { label: "NEGATIVE", tokens: 3, truncated: true, words: ["bad"] },
    ])
  })

  test(".label() longText windows - reads all of a text, in one window", async () => {
    const options = { maxLength: 8, longText: "windows" } as const
    const text = `${"a very bad film ".repeat(4)}superb superb superb`
    expect(await afinn.label([text], options)).toEqual(await afinn.label([text]))
  })

  test(".label() longText error - refuses what has more words than maxLength", async () => {
    const options = { maxLength: 3, longText: "error" } as const
    const message = "text must have at most 3 words (maxLength) where longText is error; got 4"
    expect(await afinn.label(["a very bad film", "bad"], options)).toMatchObject([
      { error: { code: "text_too_long", message } },
      { label: "NEGATIVE" },
    ])
    expect(await afinn.label(["bad ".repeat(1000)], { longText: "error" })).toMatchObject([{ tokens: 1000 }])
  })

  test.each<[LabelOptions, string]>([
    [{ topK: 0 }, 'topK must be a whole number of labels, 1 or more, or "all"; got 0'],
    [{ maxLength: 1 }, "maxLength must be a whole number of tokens, 2 or more; got 1"],
    [{ scoreFunction: "softmax" }, 'scoreFunction must be none for a lexicon, which has no logits; got "softmax"'],
  ])(".label() %o - option_invalid", async (options, message) => {
    await expect(afinn.label(["good"], options)).rejects.toMatchObject({ code: "option_invalid", message })
  })

  test(".label() function none - is taken", async () => {
    expect(await afinn.label(["good"], { scoreFunction: "none" })).toMatchObject([{ label: "POSITIVE" }])
  })

  test(".label() - a list that is no array is option_invalid", async () => {
    await expect(afinn.label("good" as unknown as string[])).rejects.toMatchObject({
      code: "option_invalid",
      message: 'texts must be an array of strings; got "good"',
    })
  })

  test(".label() - a text that is no string fails alone", async () => {
    const texts = ["good", null, 7, {}, undefined, "bad"] as unknown as string[]
    const failed = (type: string) => ({
      error: { code: "text_invalid", message: `text must be a string; got ${type}` },
    })
    expect(await afinn.label(texts)).toMatchObject([
      { label: "POSITIVE" },
      failed("null"),
      failed("number"),
      failed("object"),
      failed("undefined"),
      { label: "NEGATIVE" },
    ])
  })

  test(".label() - a blank text fails, unless empty is label", async () => {
    const error = { code: "text_empty", message: expect.stringContaining("visible character") }
    expect(await afinn.label(["", " \n", "good"])).toMatchObject([{ error }, { error }, { label: "POSITIVE" }])
    expect(await afinn.label([""], { empty: "label" })).toMatchObject([{ label: "NEUTRAL", tokens: 0 }])
  })

  test(".label() - hard texts get a label", async () => {
    const texts = ["\u0000", "\ud83d", "good\udc00", "x".repeat(2 ** 20), "😀".repeat(10_000), "a'".repeat(10_000)]
    const labels = (await afinn.label(texts)).map(result => ("label" in result ? result.label : result))
    expect(labels).toEqual(["NEUTRAL", "NEUTRAL", "POSITIVE", "NEUTRAL", "NEUTRAL", "NEUTRAL"])
  })

  test(".label() - prototype names are ordinary words", async () => {
    expect(await afinn.label(["constructor toString __proto__"])).toMatchObject([{ label: "NEUTRAL", words: [] }])
  })

  test(".label() - any texts: one result each, in order, the same as alone, from words of the lexicon", async () => {
    const piece = fc.oneof(fc.constantFrom(...Object.keys(afinn111)), fc.string({ unit: "binary" }), fc.constant(" "))
    const text = fc.array(piece, { maxLength: 8 }).map(pieces => pieces.join(""))
    await fc.assert(
      fc.asyncProperty(fc.array(text, { maxLength: 8 }), async texts => {
        const together = await afinn.label(texts)
        const alone = await Promise.all(texts.map(text => afinn.label([text])))
        expect(together).toEqual(alone.flat())
        for (const result of together)
          for (const word of ("words" in result && result.words) || []) expect(afinn111).toHaveProperty([word])
      }),
    )
  })
})

describe("LexiconLabeller and its surroundings", () => {
  const many = Array.from({ length: 100_000 }, () => "a good film with a bad ending and some kind of plot")

  test(".label() - lets the event loop turn while it labels a long text", async () => {
    let [turns, over] = [0, false]
    const others = (async () => {
      for (; !over; turns++) await nextTurn()
    })()
    await afinn.label(["good film, ".repeat(200_000)])
    over = true
    await others
    expect(turns).toBeGreaterThanOrEqual(10)
  })

  test(".label() - lets the event loop turn while it labels many texts", async () => {
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    const results = await afinn.label(many)
    clearInterval(timer)
    expect(results).toHaveLength(many.length)
    expect(turns).toBeGreaterThan(5)
  })

  test(".label() - rejects with aborted, before and while it labels", async () => {
    const reason = new Error("enough")
    await expect(afinn.label(["good"], { signal: AbortSignal.abort(reason) })).rejects.toMatchObject({
      code: "aborted",
      cause: reason,
    })
    const controller = new AbortController()
    const labelling = afinn.label(many, { signal: controller.signal })
    setImmediate(() => controller.abort())
    await expect(labelling).rejects.toMatchObject({ code: "aborted" })
  })

  test(".close() - finishes what was accepted, then refuses; may be called twice", async () => {
    const labeller = await createLexiconLabeller({ model: "mvp" })
    let labelled = 0
    const labelling = labeller.label(many).then(results => {
      labelled = results.length
    })
    await Promise.all([labeller.close(), labeller.close()])
    expect(labelled).toBe(many.length)
    await labelling
    await expect(labeller.label(["good"])).rejects.toMatchObject({
      code: "closed",
      message: "labeller must be open to label; it is closed",
    })
  })
})
