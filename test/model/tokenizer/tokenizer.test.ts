import { readFileSync } from "node:fs"
import { Tokenizer as HuggingFaceTokenizer } from "tokenizers"
import { describe, expect, it } from "vitest"
import { createTokenizer } from "../../../src/model/tokenizer/tokenizer.ts"

const json = readFileSync("models/sentiment-small/tokenizer.json", "utf8")
const texts = ["", "good", "a very good film indeed", "x".repeat(300), "it's 10/10 🙂", "日本語 [SEP] [MASK]", "\ud800"]

/** What transformers' tokenizer gives, as test/golden/make_tiny_families.py wrote it. */
interface Tokens {
  readonly texts: readonly string[]
  readonly whole: readonly (readonly number[])[]
  readonly truncated: Readonly<Record<number, readonly (readonly number[])[]>>
}

describe(".encode()", () => {
  it.each([2, 3, 5, 7, 512])("maxLength %d - truncates as Hugging Face's own truncation", async maxLength => {
    const reference = HuggingFaceTokenizer.fromString(json)
    reference.disablePadding()
    reference.setTruncation(maxLength)
    const expected = await reference.encodeBatch(texts.map(text => text.toWellFormed()))
    const got = await (await createTokenizer(json, "it")).encode(texts, maxLength)
    expect(got.map(({ inputIds }) => [...inputIds])).toEqual(expected.map(encoding => encoding.getIds()))
    expect(got.map(({ truncated }) => truncated)).toEqual(
      expected.map(encoding => encoding.getOverflowing().length > 0),
    )
  })

  describe.each(["bert", "roberta", "xlm-roberta", "camembert"])("of a %s, tricky texts", async family => {
    const file = `test/golden/${family}-tiny/tokens.json`
    const golden = JSON.parse(readFileSync(file, "utf8")) as Tokens
    const tokenizer = await createTokenizer(readFileSync(`test/golden/${family}-tiny/tokenizer.json`, "utf8"), "it")

    it.each(Object.keys(golden.truncated).map(Number))("maxLength %d - the ids of transformers", async maxLength => {
      const got = await tokenizer.encode(golden.texts, maxLength)
      expect(got.map(({ inputIds }) => [...inputIds])).toEqual(golden.truncated[maxLength])
      expect(got.map(({ truncated }) => truncated)).toEqual(golden.whole.map(ids => ids.length > maxLength))
    })

    it("without truncation - the ids of transformers", async () => {
      const got = await tokenizer.encode(golden.texts, Infinity)
      expect(got.map(({ inputIds }) => [...inputIds])).toEqual(golden.whole)
    })
  })

  it("takes a maxLength for each text", async () => {
    const tokenizer = await createTokenizer(json, "it")
    const encodings = await tokenizer.encode(["good film", "good film", "good film"], [4, 3, 2])
    expect(encodings.map(({ inputIds, truncated }) => [[...inputIds], truncated])).toEqual([
      [[101, 2204, 2143, 102], false],
      [[101, 2204, 102], true],
      [[101, 102], true],
    ])
  })
})

describe("createTokenizer", () => {
  it.each(["", "{}", "[1]"])("refuses %j", async broken => {
    await expect(createTokenizer(broken, "tokenizer.json")).rejects.toMatchObject({
      code: "model_invalid",
      message: expect.stringContaining("tokenizer.json must be a tokenizer.json; "),
    })
  })
})
