import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { requireKnownShape } from "../../../src/model/tokenizer/known-shape.ts"
import { createTokenizer } from "../../../src/model/tokenizer/tokenizer.ts"

const wordPiece = {
  type: "WordPiece",
  unk_token: "[UNK]",
  continuing_subword_prefix: "##",
  max_input_chars_per_word: 100,
  vocab: { "[UNK]": 0, a: 1, "##a": 2 },
}
const bytePairs = { type: "BPE", unk_token: null, vocab: { a: 0, aa: 1 }, merges: ["a a"] }
const unigram = { type: "Unigram", unk_id: 0, vocab: [["<unk>", 0] as const, ["a", -1] as const] }

const check = (parts: Readonly<Record<string, unknown>>) =>
  requireKnownShape(JSON.stringify({ added_tokens: [], model: wordPiece, ...parts }), "tokenizer.json")

const split = (pattern: unknown) => ({ pre_tokenizer: { type: "Split", pattern, behavior: "Isolated", invert: false } })
const replace = (pattern: unknown, content: string) => ({ normalizer: { type: "Replace", pattern, content } })

/** A map of characters whose trie has the given units, all others zero. */
function charsmap(units: Readonly<Record<number, number>>, replacements = "x\0", count = 256): string {
  const bytes = Buffer.alloc(4 + count * 4)
  bytes.writeUInt32LE(count * 4)
  for (const [at, unit] of Object.entries(units)) bytes.writeUInt32LE(unit, 4 + 4 * Number(at))
  return Buffer.concat([bytes, Buffer.from(replacements)]).toString("base64")
}
const precompiled = (precompiled_charsmap: unknown) => ({ normalizer: { type: "Precompiled", precompiled_charsmap } })

/** A unit of a trie: the byte that leads to it, whether it has a value, and how far its children are away. */
const unit = (byte: number, hasValue: boolean, offset = 0) => byte | (hasValue ? 256 : 0) | (offset << 10)

const template = (changes: Readonly<Record<string, unknown>>) => ({
  post_processor: {
    type: "TemplateProcessing",
    single: [{ Sequence: { id: "A", type_id: 0 } }],
    pair: [],
    special_tokens: {},
    ...changes,
  },
})

function nested(depth: number): unknown {
  let part: unknown = { type: "Lowercase" }
  for (let level = 0; level < depth; level++) part = { type: "Sequence", normalizers: [part] }
  return part
}

describe("requireKnownShape", () => {
  it.each(["bert", "roberta", "xlm-roberta", "camembert", "electra", "distilbert"])("%s-tiny - passes", name => {
    const file = `test/golden/${name}-tiny/tokenizer.json`
    expect(() => requireKnownShape(readFileSync(file, "utf8"), file)).not.toThrow()
  })

  it.each<[string, Record<string, unknown>]>([
    ["a model without a type, as files from 2020 have it", { model: { ...wordPiece, type: undefined } }],
    ["byte pairs", { model: bytePairs }],
    ["a Unigram", { model: unigram }],
    ["spaces that are joined", replace({ Regex: " {2,}" }, "▁")],
    ["a map that replaces a", precompiled(charsmap({ 97: unit(97, true, 2), 99: 0x80000000 }))],
  ])("%s - passes", (_, parts) => {
    expect(() => check(parts)).not.toThrow()
  })

  // Each of these ends the process, or never ends, if the library gets it.
  it.each<[string, Record<string, unknown>, string]>([
    ["a pattern that backtracks", split({ Regex: "(a+)+$" }), "its pre_tokenizer Split must have a text of 1 to 16"],
    ["a replaced pattern that backtracks", replace({ Regex: "(a+)+$" }, "x"), "its normalizer Replace must have"],
    ["a text that grows", replace({ String: "a" }, "aa"), "replace by no longer text than it finds"],
    ["a pattern of nothing", replace({ String: "" }, "x"), "its normalizer Replace must have a text of 1 to 16"],
    [
      "words of no length",
      { pre_tokenizer: { type: "FixedLength", length: 0 } },
      "its pre_tokenizer must be one of Bert",
    ],
    [
      "an unknown part",
      { normalizer: { type: "Mine" } },
      'its normalizer must be one of BertNormalizer, .*; got "Mine"',
    ],
    ["a type of Object's", { normalizer: { type: "constructor" } }, "its normalizer must be one of"],
    ["sequences in sequences", { normalizer: nested(1000) }, "sequences of at most 32 parts, 4 deep"],
    ["a decoder's pattern", { decoder: { type: "Replace", pattern: { Regex: "(a+)+$" }, content: "" } }, "its decoder"],
    ["a charsmap that is none", precompiled("AAAA"), "it must hold a trie that is as long as it says"],
    ["a charsmap that is not base64", precompiled("*"), "it must be base64"],
    ["a charsmap that is not there", precompiled(null), "it must be text in base64"],
    ["a trie that ends outside itself", precompiled(charsmap({ 0: unit(0, false, 5000) })), "not lead outside itself"],
    ["a trie whose child does", precompiled(charsmap({ 97: unit(97, false, 70_000) })), "not lead outside itself"],
    [
      "a replacement after the last",
      precompiled(charsmap({ 97: unit(97, true, 2), 99: 0x80000000 + 9 })),
      "have replacements that begin where it says",
    ],
    [
      "a replacement within a character",
      precompiled(charsmap({ 97: unit(97, true, 2), 99: 0x80000000 + 1 }, "é\0")),
      "have replacements that begin where it says",
    ],
    ["half a character", precompiled(charsmap({ 195: unit(0xc3, true, 2) })), "replace whole characters"],
    [
      "a special token that is not named",
      template({ single: [{ SpecialToken: { id: "X", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }] }),
      "its post_processor TemplateProcessing must put at most 64 special tokens",
    ],
    ["no text in a template", template({ single: [] }), "must hold a text once"],
    ["dropout", { model: { ...bytePairs, dropout: 0.5 } }, "its BPE model must have no dropout; got 0.5"],
    [
      "a prefix that is longer than pieces",
      { model: { ...bytePairs, continuing_subword_prefix: "######" } },
      "its BPE model must have no continuing_subword_prefix",
    ],
    ["words without an end", { model: { ...wordPiece, max_input_chars_per_word: 1e9 } }, "at most 1000"],
    [
      "an unknown token that is not there",
      { model: { ...wordPiece, unk_token: "?" } },
      "have its unk_token in its vocab",
    ],
    ["scores that are no numbers", { model: { ...unigram, vocab: [["a", null]] } }, "each with its score"],
    ["an unknown piece that is not there", { model: { ...unigram, unk_id: 7 } }, "have an unk_id in its vocab; got 7"],
    ["ids that are no numbers", { model: { ...wordPiece, vocab: { "[UNK]": -1 } } }, "each with its id"],
    ["an added token of nothing", { added_tokens: [{ id: 1, content: "" }] }, "its added_tokens must be"],
    [
      "another model",
      { model: { type: "Mine" } },
      'its model must be one of WordPiece, BPE, Unigram, WordLevel; got "Mine"',
    ],
  ])("%s - is refused", (_, parts, message) => {
    expect(() => check(parts)).toThrow(new RegExp(`^tokenizer\\.json must be a tokenizer\\.json; .*${message}`))
  })

  it("a tokenizer that gives nothing for a text - is refused", async () => {
    const json = JSON.stringify({ added_tokens: [], model: { ...bytePairs, vocab: { b: 0, bb: 1 }, merges: ["b b"] } })
    await expect(createTokenizer(json, "it")).rejects.toThrow('it must give tokens for a text; it gives none for "a"')
  })
})
