import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { loadTokenizer } from "../../../src/model/tokenizer/tokenizer.ts"
import { TemporaryFolder } from "../../corpus/temporary-folder.ts"
import { type Vocabulary, writeVocabulary } from "./vocabularies.ts"

/** What transformers gives, as test/golden/make_vocabulary_tokens.py wrote it. */
interface Golden {
  readonly texts: readonly string[]
  readonly cases: readonly {
    readonly vocabulary: Vocabulary
    readonly settings: string
    readonly files: Readonly<Record<string, unknown>>
    readonly ids: readonly (readonly number[])[]
    readonly calibrationSha256: string
  }[]
}

const golden = JSON.parse(readFileSync("test/golden/vocabulary-tokens.json", "utf8")) as Golden
const calibration = readFileSync("models/calibration.txt", "utf8")
  .split("\n")
  .filter(line => line.trim() !== "")

let folder: TemporaryFolder
beforeEach(() => {
  folder = new TemporaryFolder()
})
afterEach(() => folder[Symbol.dispose]())

describe("loadTokenizer, of a vocabulary", () => {
  it.each(golden.cases)(
    "$vocabulary, $settings - the ids of transformers",
    async ({ vocabulary, files, ids, ...rest }) => {
      writeVocabulary(folder, vocabulary, files)
      const tokenizer = await loadTokenizer(folder.path)
      const idsOf = async (texts: readonly string[]) =>
        (await tokenizer.encode(texts, Infinity)).map(({ inputIds }) => [...inputIds])
      expect(await idsOf(golden.texts)).toEqual(ids)
      const many = JSON.stringify(await idsOf(calibration))
      expect(createHash("sha256").update(many).digest("hex")).toBe(rest.calibrationSha256)
    },
  )

  it.each<[string, Vocabulary, Record<string, unknown>, string]>([
    [
      "another class of tokenizer",
      "bert-tiny",
      { "tokenizer_config.json": { tokenizer_class: "BertJapaneseTokenizer" } },
      "it has vocab.txt of the class BertJapaneseTokenizer. Save a tokenizer.json with: pip install ",
    ],
    [
      "an added token with an id that is not the next",
      "bert-tiny",
      { "added_tokens.json": { Covid: 40_000 } },
      "must be tokens with the ids that follow from the vocabulary, 30522 for Covid",
    ],
    [
      "no unknown token",
      "bert-tiny",
      { "tokenizer_config.json": { unk_token: "[NOWHERE]" } },
      "vocab.txt must have the unknown token, [NOWHERE]; it does not",
    ],
    [
      "an id that is no number",
      "roberta-tiny",
      { "vocab.json": { "<s>": "0" } },
      'vocab.json: <s> must be a whole number, 0 to 10000000; got "0"',
    ],
    [
      "a setting of another type",
      "bert-tiny",
      { "tokenizer_config.json": { do_lower_case: "yes" } },
      'tokenizer_config.json: do_lower_case must be true or false; got "yes"',
    ],
    [
      "special tokens that are to be cut",
      "bert-tiny",
      { "tokenizer_config.json": { split_special_tokens: true } },
      "split_special_tokens must be false: special tokens in a text are always taken as such; got true",
    ],
  ])("%s - is refused", async (_, vocabulary, files, message) => {
    writeVocabulary(folder, vocabulary, files)
    await expect(loadTokenizer(folder.path)).rejects.toMatchObject({
      code: "model_invalid",
      message: expect.stringContaining(message),
    })
  })

  it("XLM-RoBERTa's sentencepiece.bpe.model - the command that saves a tokenizer.json", async () => {
    folder.write("config.json", readFileSync("test/golden/xlm-roberta-tiny/config.json", "utf8"))
    folder.write("sentencepiece.bpe.model", "")
    await expect(loadTokenizer(folder.path)).rejects.toThrow(
      /it has sentencepiece\.bpe\.model\. Save a tokenizer\.json with: pip install torch transformers sentencepiece protobuf && python3 -c "/,
    )
  })
})
