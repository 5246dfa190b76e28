import { existsSync, readdirSync, readFileSync } from "node:fs"
import { Tokenizer as HuggingFaceTokenizer } from "tokenizers"
import { afterEach, describe, expect, it, vi } from "vitest"
import { createTokenizer } from "../../../src/model/tokenizer/tokenizer.ts"
import { createEncodeAtOnce, type EncodeAtOnce, type SpecialIds } from "../../../src/model/tokenizer/word-pieces.ts"
import { SeededRandom } from "../../chaos/seeded-random.ts"

const bundled = readFileSync("models/sentiment-small/tokenizer.json", "utf8")
const around: SpecialIds = { before: [101], after: [102] }

const letters = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"]
const marks = [..."!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"]
const words = [
  "good",
  "film",
  "un",
  "believ",
  "able",
  "Good",
  "FILM",
  "ing",
  "##ing",
  "don't",
  "U.S.",
  "3rd",
  "x",
  "zq",
]
const blanks = [" ", "  ", "\t", "\n", "\r\n", " \t "]

/** Texts of parts drawn from lists, each list as likely as the others. */
function randomTexts(count: number, seed: number, lists: readonly (readonly string[])[]): string[] {
  const random = new SeededRandom(seed)
  return Array.from({ length: count }, () =>
    Array.from({ length: random.integer(0, 39) }, () => random.pick(random.pick(lists))).join(""),
  )
}

const everyCode = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code))

/** What ASCII does not have of Latin's letters and of common marks, and some of what lies beside these. */
const everyCodeBeyond = [
  ...Array.from({ length: 0x200 }, (_, code) => String.fromCharCode(0x80 + code)),
  ...Array.from({ length: 0x100 }, (_, code) => String.fromCharCode(0x1fd0 + code)),
]

/** Texts of ASCII without control characters, and without what added tokens begin with. */
const plain = [
  "",
  ...blanks,
  ...everyCode
    .filter(character => /[\t\n\r -Z\\-~]/.test(character))
    .flatMap(one => [one, `a${one}b`, `${one}good`, `good${one}`, `9${one}${one}9`, ` ${one} `]),
  ...[99, 100, 101, 250].flatMap(length => ["x".repeat(length), `good ${"ab".repeat(length / 2)}c film`]),
  "!?!?!?...---((()))",
  "The QUICK brown fox, unbelievably quick; jumps over 13 lazy dogs' ears (twice).",
  "counterrevolutionaries antidisestablishmentarianism zqzqzqzq",
  ...randomTexts(4000, 1, [letters, marks.filter(mark => mark !== "["), words, blanks]),
  ...randomTexts(2000, 2, [letters]),
  ...randomTexts(1000, 3, [words, [" "]]),
]

/** Texts that are not for it, or may not be. */
const tricky = [
  ...everyCode.flatMap(one => [one, `a${one}b`, `${one}good`, `good${one}`, `a ${one} b`]),
  "[CLS] good [SEP]",
  "a[MASK]b [mask] [PAD] [UNK]",
  "[",
  "[[SEP]]",
  "café \u212aelvin İstanbul good",
  "good\u00a0film\u2028good",
  "日本語 \ud800 \ud83d\ude42",
  ...everyCodeBeyond.flatMap(one => [one, `a${one}b`, `${one}good`, `good${one}`, `a ${one} b`]),
  ...randomTexts(2000, 5, [
    letters,
    ["é", "É", "ñ", "ü", "Å", "ž", "İ", "ø", "ß"],
    ["’", "“", "”", "–", "—", "…", "«", "¿", "\u00a0"],
    words,
    [" "],
  ]),
  ...randomTexts(2000, 4, [letters, marks, everyCode, words, blanks, ["é", "\u0130", "\u212a", "ß", "[SEP]"]]),
]

async function idsOfLibrary(json: string, texts: readonly string[]): Promise<number[][]> {
  const library = HuggingFaceTokenizer.fromString(json)
  library.disablePadding()
  library.disableTruncation()
  return (await library.encodeBatch(texts.map(text => text.toWellFormed()))).map(encoding => encoding.getIds())
}

/** Of those texts that are encoded at once, what it gives and what the library does. */
async function compared(json: string, special: SpecialIds, texts: readonly string[]) {
  const encode = createEncodeAtOnce(json, special)
  const taken = texts.flatMap(text => {
    const ids = encode?.(text)
    return ids ? [{ text, ids: [...ids] }] : []
  })
  const expected = await idsOfLibrary(
    json,
    taken.map(({ text }) => text),
  )
  return { taken, expected: taken.map(({ text }, index) => ({ text, ids: expected[index] })) }
}

const vocabularyOf = (prefix: string, unknown: string) => [
  ...["[CLS]", "[SEP]", unknown, ...marks, "a", "b", "A", "B", "x", "good", "Good", "film", "GOOD", "un", "9", "99"],
  ...["able", "a", "b", "A", "x", "ing", "believ", "believing", "9", "ood"].map(piece => prefix + piece),
  ...["caf", "café", `${prefix}é`, prefix],
]

/** A small tokenizer.json of BERT's kind. */
function bert({
  prefix = "##",
  unknown = "[UNK]",
  longest = 100,
  addedTokens = ["[CLS]", "[SEP]"].map(content => ({ content, normalized: false })),
  normalizer = {},
  ...rest
}: {
  prefix?: string
  unknown?: string
  longest?: number
  addedTokens?: readonly { readonly content: string; readonly [flag: string]: unknown }[]
  normalizer?: object
  [field: string]: unknown
} = {}): string {
  const vocab = Object.fromEntries([...new Set(vocabularyOf(prefix, unknown))].map((piece, id) => [piece, id]))
  const flags = { single_word: false, lstrip: false, rstrip: false, special: true }
  return JSON.stringify({
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: addedTokens.map((token, index) => ({ id: vocab[token.content] ?? 1000 + index, ...flags, ...token })),
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
      ...normalizer,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: { type: "BertProcessing", sep: ["[SEP]", 1], cls: ["[CLS]", 0] },
    decoder: null,
    model: {
      type: "WordPiece",
      unk_token: unknown,
      continuing_subword_prefix: prefix,
      max_input_chars_per_word: longest,
      vocab,
    },
    ...rest,
  })
}

const smallAround: SpecialIds = { before: [0], after: [1] }
const template = (...single: object[]) => ({
  type: "TemplateProcessing",
  single,
  pair: [{ Sequence: { id: "A", type_id: 0 } }, { Sequence: { id: "B", type_id: 1 } }],
  special_tokens: Object.fromEntries(["[CLS]", "[SEP]"].map((id, index) => [id, { id, ids: [index], tokens: [id] }])),
})
const special = (id: string) => ({ SpecialToken: { id, type_id: 0 } })
const sequence = (id: string) => ({ Sequence: { id, type_id: 0 } })

/** Tokenizers that it takes, with the ids that stand around a text's. */
const known: Record<string, readonly [json: string, special: SpecialIds]> = {
  "models/sentiment-small": [bundled, around],
  small: [bert(), smallAround],
  cased: [bert({ normalizer: { lowercase: false, strip_accents: false } }), smallAround],
  "without clean_text": [bert({ normalizer: { clean_text: false, handle_chinese_chars: false } }), smallAround],
  "prefix @@": [bert({ prefix: "@@" }), smallAround],
  "prefix #": [bert({ prefix: "#" }), smallAround],
  "prefix x": [bert({ prefix: "x" }), smallAround],
  "no prefix": [bert({ prefix: "" }), smallAround],
  "unknown token ???": [bert({ unknown: "???" }), smallAround],
  "words of 3": [bert({ longest: 3 }), smallAround],
  "words of 0": [bert({ longest: 0 }), smallAround],
  "added tokens that are normalised": [
    bert({ addedTokens: ["[CLS]", "Good", "<B>"].map(content => ({ content, normalized: true })) }),
    smallAround,
  ],
  "added tokens that strip": [
    bert({ addedTokens: [{ content: "[SEP]", normalized: false, lstrip: true, rstrip: true }] }),
    smallAround,
  ],
  "added tokens that are words": [
    bert({ addedTokens: [{ content: "[SEP]", normalized: false, single_word: true, special: false }] }),
    smallAround,
  ],
  "a template of several special tokens": [
    bert({ post_processor: template(special("[CLS]"), special("[SEP]"), sequence("A"), special("[SEP]")) }),
    { before: [0, 1], after: [1] },
  ],
  "a template without special tokens": [bert({ post_processor: template(sequence("A")) }), { before: [], after: [] }],
}

describe("createEncodeAtOnce", () => {
  describe.each(Object.entries(known))("%s", (name, [json, special]) => {
    it("gives the library's ids of texts of ASCII", async () => {
      const { taken, expected } = await compared(json, special, plain)
      expect(taken).toEqual(expected)
      if (name === "added tokens that are normalised") expect(taken.length).toBeGreaterThan(plain.length / 4)
      else expect(taken).toHaveLength(plain.length)
    })

    it("gives the library's ids, or none, of all others", async () => {
      const { taken, expected } = await compared(json, special, tricky)
      expect(taken).toEqual(expected)
      expect(taken.length).toBeGreaterThan(100)
      expect(taken.length).toBeLessThan(tricky.length - 500)
    })
  })

  it("takes as much of a text as it says, and no more", async () => {
    const encode = createEncodeAtOnce(bundled, around) as EncodeAtOnce
    const longest = ["good ".repeat(200), ".".repeat(1000)]
    expect(longest.map(text => [...(encode(text) ?? [])])).toEqual(await idsOfLibrary(bundled, longest))
    expect(encode(`${longest[1]}.`)).toBeUndefined()
  })

  it("reads letters with an accent, and marks that texts of Latin have", async () => {
    const texts = [
      "Café Müller’s “crème brûlée”, naïve… déjà—vu – ¿qué?",
      "good\u00a0film",
      "\u0130stanbul Łódź".slice(0, 8),
    ]
    const encode = createEncodeAtOnce(bundled, around)
    expect(texts.map(text => [...(encode?.(text) ?? [])])).toEqual(await idsOfLibrary(bundled, texts))
  })

  it.each([
    ["a letter that is none of ASCII with an accent", "straße"],
    ["an accent of its own", "cafe\u0301"],
    ["an emoji", "good \u{1f642}"],
    ["a character whose lower case is ASCII", "\u212a"],
    ["a control character", "good\u0000film"],
    ["DEL", "good\u007ffilm"],
    ["an added token", "good [SEP] film"],
    ["what an added token begins with", "good [ film"],
  ])("leaves a text to the library that has %s", (_, text) => {
    expect(createEncodeAtOnce(bundled, around)?.(text)).toBeUndefined()
  })

  it("gives ids of their own to each text", () => {
    const encode = createEncodeAtOnce(bundled, around) as EncodeAtOnce
    const first = encode("good film")
    encode("bad")
    expect(first).toEqual(Int32Array.of(101, 2204, 2143, 102))
  })

  const others = readdirSync("test/golden").filter(name => /roberta|camembert/.test(name))
  it.each(others)("has none for test/golden/%s", name => {
    const file = `test/golden/${name}/tokenizer.json`
    expect(existsSync(file)).toBe(true)
    expect(createEncodeAtOnce(readFileSync(file, "utf8"), { before: [0], after: [2] })).toBeUndefined()
  })

  it.each(["bert", "distilbert", "electra"])("has one for test/golden/%s-tiny", name => {
    const json = readFileSync(`test/golden/${name}-tiny/tokenizer.json`, "utf8")
    expect(createEncodeAtOnce(json, around)).toBeDefined()
  })

  it.each([
    ["another normalizer", bert({ normalizer: { type: "Lowercase" } })],
    ["no normalizer", JSON.stringify({ ...JSON.parse(bert()), normalizer: null })],
    [
      "normalizers in a row",
      bert({ normalizer: { type: "Sequence", normalizers: [JSON.parse(bert()).normalizer, { type: "Strip" }] } }),
    ],
    ["another pre-tokenizer", bert({ pre_tokenizer: { type: "WhitespaceSplit" } })],
    [
      "pre-tokenizers in a row",
      bert({ pre_tokenizer: { type: "Sequence", pretokenizers: [{ type: "BertPreTokenizer" }, { type: "Digits" }] } }),
    ],
    ["no post-processor", bert({ post_processor: null })],
    ["another post-processor", bert({ post_processor: { type: "RobertaProcessing" } })],
    ["a template with the text twice", bert({ post_processor: template(sequence("A"), sequence("A")) })],
    ["a template of another text", bert({ post_processor: template(sequence("B")) })],
    ["another model", bert({ model: { type: "WordLevel", vocab: { a: 0, "[UNK]": 1 }, unk_token: "[UNK]" } })],
    ["no unknown token in its vocabulary", bert().replace('"unk_token":"[UNK]"', '"unk_token":"toString"')],
    ["an added token that is not ASCII", bert({ addedTokens: [{ content: "É", normalized: true }] })],
    ["an added token that begins with a blank", bert({ addedTokens: [{ content: " a", normalized: false }] })],
    ["an empty added token", bert({ addedTokens: [{ content: "", normalized: false }] })],
  ])("has none for a tokenizer with %s", (_, json) => {
    expect(createEncodeAtOnce(json, smallAround)).toBeUndefined()
  })
})

describe("createTokenizer", () => {
  afterEach(() => vi.restoreAllMocks())

  /** A tokenizer, after as many texts as it leaves to the library in any case. */
  async function warmTokenizer(json: string) {
    const tokenizer = await createTokenizer(json, "it")
    await tokenizer.encode(Array<string>(160).fill("good"), 512)
    return { tokenizer, encodeBatch: vi.spyOn(HuggingFaceTokenizer.prototype, "encodeBatch") }
  }

  it("asks the library for nothing where all texts are encoded at once", async () => {
    const { tokenizer, encodeBatch } = await warmTokenizer(bundled)
    const encodings = await tokenizer.encode(["good film", "", "A very GOOD film!"], [3, 2, Infinity])
    expect(encodings).toEqual([
      { inputIds: Int32Array.of(101, 2204, 102), tokens: 4, truncated: true },
      { inputIds: Int32Array.of(101, 102), tokens: 2, truncated: false },
      { inputIds: Int32Array.of(101, 1037, 2200, 2204, 2143, 999, 102), tokens: 7, truncated: false },
    ])
    expect(encodeBatch).not.toHaveBeenCalled()
  })

  it("asks it for the others together, and gives all in order", async () => {
    const texts = ["good", "stra\u00dfe", "film", "\ud800", "[SEP]", "bad"]
    const expected = await idsOfLibrary(bundled, texts)
    const { tokenizer, encodeBatch } = await warmTokenizer(bundled)
    const encodings = await tokenizer.encode(texts, 512)
    expect(encodings.map(({ inputIds }) => [...inputIds])).toEqual(expected)
    expect(encodeBatch.mock.calls.map(([texts]) => texts)).toEqual([["stra\u00dfe", "\ufffd", "[SEP]"]])
  })

  it("asks it for all of the first 160 texts, for which an encoder is not worth making", async () => {
    const tokenizer = await createTokenizer(bundled, "it")
    const encodeBatch = vi.spyOn(HuggingFaceTokenizer.prototype, "encodeBatch")
    const texts = Array.from({ length: 162 }, (_, index) => `film ${index}`)
    const encodings = await tokenizer.encode(texts, 512)
    expect(encodeBatch.mock.calls.map(([texts]) => texts.length)).toEqual([160])
    expect(encodings.map(({ inputIds }) => [...inputIds])).toEqual(await idsOfLibrary(bundled, texts))
  })

  it("asks it for all where the tokenizer is another", async () => {
    const { tokenizer, encodeBatch } = await warmTokenizer(
      readFileSync("test/golden/roberta-tiny/tokenizer.json", "utf8"),
    )
    await tokenizer.encode(["good", "bad"], 512)
    expect(encodeBatch.mock.calls.map(([texts]) => texts)).toEqual([["good", "bad"]])
  })
})
