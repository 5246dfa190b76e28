import { describe, expect, it } from "vitest"
import { labelCorpus } from "../../src/corpus/label-corpus.ts"
import { corpusOptions } from "../../src/corpus/options.ts"
import { completeOptions } from "../../src/declaration.ts"
import { plainLabeller } from "./plain-labeller.ts"

describe("corpusOptions", () => {
  it.each([
    ["format", "xlsx", "must be one of csv, tsv, jsonl, text, parquet"],
    ["outputFormat", "text", "must be one of csv, tsv, jsonl, parquet"],
    ["column", "", "must be a non-empty text"],
    ["quotes", "yes", "must be one of csv, none"],
    ["maxRowBytes", 1023, "must be a whole number of bytes, 1024 to 268435456"],
    ["maxRowBytes", 268_435_457, "must be a whole number of bytes, 1024 to 268435456"],
    ["scoreFunction", "relu", "must be one of softmax, sigmoid, none"],
    ["maxLength", 1, "must be a whole number of tokens, 2 or more"],
    ["longText", "cut", "must be one of truncate, windows, error"],
    ["stride", -1, "must be a whole number of tokens, 0 or more"],
    ["pooling", "sum", "must be one of weighted, mean, max"],
    ["chunkTexts", 0, "must be a whole number of texts, 1 to 100000"],
    ["chunkTexts", 100_001, "must be a whole number of texts, 1 to 100000"],
    ["maxChunks", 0, "must be a whole number of chunks, 1 to 10000"],
    ["maxChunks", 10_001, "must be a whole number of chunks, 1 to 10000"],
    ["stopSeconds", -1, "must be a whole number of seconds, 0 to 86400"],
    ["stopSeconds", 86_401, "must be a whole number of seconds, 0 to 86400"],
    ["minScore", -0.1, "must be a number, 0 or more"],
    ["delimiter", "ab", "must be one ASCII character other than a letter, digit, quote or line end"],
    ["delimiter", "\n", "must be one ASCII character other than a letter, digit, quote or line end"],
    ["prefix", "", "must be a non-empty text"],
    ["checkpointMs", -1, "must be a whole number of ms, 0 to 2147483647"],
    ["report", "", "must be a non-empty text"],
    ["scores", "maybe", "must be true or false"],
    ["tokens", 1, "must be true or false"],
    ["truncated", 1, "must be true or false"],
    ["windows", 1, "must be true or false"],
    ["words", 1, "must be true or false"],
    ["dedup", 1, "must be true or false"],
    ["dedupBytes", 0, "must be a whole number of bytes, 1 or more"],
    ["force", 1, "must be true or false"],
  ])("%s: %j - option_invalid", (name, value, rule) => {
    expect(() => completeOptions(corpusOptions, { [name]: value })).toThrow(
      expect.objectContaining({ code: "option_invalid", message: `${name} ${rule}; got ${JSON.stringify(value)}` }),
    )
  })

  it.each([
    { maxRowBytes: 1024 },
    { maxRowBytes: 268_435_456 },
    { maxLength: 2 },
    { stride: 0 },
    { chunkTexts: 1 },
    { chunkTexts: 100_000 },
    { maxChunks: 1 },
    { maxChunks: 10_000 },
    { stopSeconds: 0 },
    { stopSeconds: 86_400 },
    { minScore: 0 },
    { minScore: 1 },
    { checkpointMs: 0 },
  ])("%o - is taken", given => {
    expect(completeOptions(corpusOptions, given)).toMatchObject(given)
  })

  it("labelCorpus checks them first", async () => {
    const request = { input: "nowhere.csv", labeller: plainLabeller(), options: { chunkTexts: 0 } }
    await expect(labelCorpus(request)).rejects.toMatchObject({ code: "option_invalid" })
  })
})
