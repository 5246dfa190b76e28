import { readFileSync } from "node:fs"
import { Tokenizer as HuggingFaceTokenizer } from "tokenizers"
import { describe, expect, it } from "vitest"
import { createTokenizer } from "../../src/model/tokenizer.ts"

const json = readFileSync("models/sst2-small/tokenizer.json", "utf8")
const texts = ["", "good", "a very good film indeed", "x".repeat(300), "it's 10/10 🙂", "日本語 [SEP] [MASK]", "\ud800"]

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
