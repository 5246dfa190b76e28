import { readFileSync } from "node:fs"
import { Tokenizer } from "tokenizers"
import { describe, expect, it } from "vitest"
import { encodePieces } from "../../../src/model/tokenizer/encode-pieces.ts"
import { createTokenizer } from "../../../src/model/tokenizer/tokenizer.ts"

const parts = [
  ..."a the film Great don't naïve café ﬁn 10/10 3,000.50 word-word x_y [SEP] <s> <mask> ▁ e\u0301 \u00a0 \u200b".split(
    " ",
  ),
  ...["日本語の映画", "Привет", "🙂", "👩‍👩‍👧", "\n", "\t", "\r\n", "  ", "   ", "\ud800", "...", "(", ")", "'", '"'],
]

/** A long text that follows from a seed. */
function longText(seed: number, length: number, between: readonly string[]): string {
  let state = seed
  const next = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return state % below
  }
  let text = ""
  while (text.length < length) text += `${parts[next(parts.length)]}${between[next(between.length)]}`
  return text
}

describe.each([
  "models/sentiment-small",
  ...["bert", "roberta", "xlm-roberta", "camembert", "electra"].map(family => `test/golden/${family}-tiny`),
])("%s, texts that are encoded in pieces", async folder => {
  const json = readFileSync(`${folder}/tokenizer.json`, "utf8")
  const library = Tokenizer.fromString(json)
  library.disablePadding()
  library.disableTruncation()
  const tokenizer = await createTokenizer(json, "it")

  it.each([
    ["words and blanks of all kinds", longText(1, 150_000, [" ", " ", " ", "", "  ", "\n"])],
    ["few spaces", longText(2, 80_000, ["", "", "", "", "", "", "", "", "", " "])],
    ["no space", longText(3, 60_000, [""]).replaceAll(/\s/g, "")],
    ["lines", longText(4, 80_000, ["\n"])],
    ["one word", "x".repeat(70_000)],
    ["blanks alone", " ".repeat(70_000)],
  ])("%s - the ids of the whole", async (_, text) => {
    const expected = (await library.encode(text.toWellFormed())).getIds()
    const [whole, cut] = await tokenizer.encode([text, text], [Infinity, 100])
    expect(whole?.inputIds.length).toBe(expected.length)
    expect(whole?.inputIds).toEqual(Int32Array.from(expected))
    expect(whole).toMatchObject({ tokens: expected.length, truncated: false })
    const [reference] = await (await createTokenizer(json, "it")).encode([text.slice(0, 30_000)], 100)
    // A text of one word has as many tokens in the beginning as it has in all.
    if (expected.length > 100) expect(cut).toMatchObject({ truncated: true, inputIds: expect.any(Int32Array) })
    if (expected.length > 10_000) expect(cut?.inputIds).toEqual(reference?.inputIds)
  })
})

describe("encodePieces", () => {
  const text = "word ".repeat(100_000)

  /** One token a character. */
  function counting() {
    const calls: { texts: number; longest: number }[] = []
    const encode = async (texts: readonly string[]) => {
      calls.push({ texts: texts.length, longest: Math.max(...texts.map(({ length }) => length)) })
      return texts.map(each => Array.from({ length: each.length }, (_, at) => each.charCodeAt(at)))
    }
    return { calls, encode }
  }

  it("a long text - is never with the library as a whole", async () => {
    const { calls, encode } = counting()
    expect((await encodePieces(encode, text, Infinity)).length).toBe(text.length)
    expect(Math.max(...calls.map(({ longest }) => longest))).toBeLessThanOrEqual(16_384)
    expect(Math.max(...calls.map(({ texts }) => texts))).toBeLessThanOrEqual(12)
  })

  it("few ids are wanted - the rest is not encoded", async () => {
    const { calls, encode } = counting()
    expect((await encodePieces(encode, text, 500)).length).toBeGreaterThan(500)
    expect(calls.length).toBe(2)
  })

  it("cuts change tokens - the text is encoded as a whole", async () => {
    const longest: number[] = []
    const encode = async (texts: readonly string[]) => {
      longest.push(Math.max(...texts.map(({ length }) => length)))
      return texts.map(each => [each.length])
    }
    expect([...(await encodePieces(encode, text, Infinity))]).toEqual([text.length])
    expect(longest.at(-1)).toBe(text.length)
  })
})
