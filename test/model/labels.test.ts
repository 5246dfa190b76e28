import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { ConfigFields } from "../../src/model/config-fields.ts"
import { areLabelsUnnamed, labelsOf } from "../../src/model/labels.ts"
import { readTaskConfig } from "../../src/model/task-config.ts"

const fields = (values: Readonly<Record<string, unknown>>) => new ConfigFields(JSON.stringify(values), "config.json")

describe("labelsOf", () => {
  it.each([
    ["id2label", { id2label: { 0: "no", 1: "yes" }, label2id: { a: 0 } }, undefined, ["no", "yes"]],
    ["id2label of numbers", { id2label: { 0: 1, 1: 2 } }, undefined, ["1", "2"]],
    ["label2id alone", { label2id: { negative: 0, positive: 2, neutral: 1 } }, 5, ["negative", "neutral", "positive"]],
    ["id2label null", { id2label: null, label2id: { no: 0, yes: 1 } }, undefined, ["no", "yes"]],
    ["num_labels alone", { num_labels: 3 }, 5, ["LABEL_0", "LABEL_1", "LABEL_2"]],
    ["nothing, and what the classifier gives", {}, 4, ["LABEL_0", "LABEL_1", "LABEL_2", "LABEL_3"]],
    ["nothing at all", {}, undefined, ["LABEL_0", "LABEL_1"]],
  ])("%s", (_, values, rows, labels) => {
    expect(labelsOf(fields(values), rows)).toEqual(labels)
  })

  it.each([
    [{ id2label: { 0: "a", 2: "b" } }, "id2label must be an object of label names by id, at most 10000"],
    [{ id2label: [] }, "id2label must be an object"],
    [{ id2label: Object.fromEntries(Array.from({ length: 300_000 }, (_, id) => [id, `l${id}`])) }, "id2label must be"],
    [{ label2id: { a: 0, b: 0 } }, "label2id must be an object of ids by label name"],
    [{ label2id: { a: 0, b: 2 } }, "label2id must be"],
    [{ label2id: { a: "0" } }, "label2id must be"],
    [{ label2id: {} }, "label2id must be"],
    [{ num_labels: 1e9 }, "num_labels must be a whole number, 1 to 10000; got 1000000000"],
    [{ num_labels: 0 }, "num_labels must be a whole number, 1 to 10000; got 0"],
  ])("refuses %#", (values, message) => {
    expect(() => labelsOf(fields(values))).toThrow(`config.json: ${message}`)
  })

  it("names that the config leaves to the classifier - are those of neither field", () => {
    expect(areLabelsUnnamed(fields({ num_labels: 2 }))).toBe(false)
    expect(areLabelsUnnamed(fields({ id2label: null }))).toBe(true)
  })
})

describe("readTaskConfig", () => {
  const config = (name: string) => JSON.parse(readFileSync(`test/golden/${name}/config.json`, "utf8")) as object
  const maxLengthOf = (tokenizerConfig: object, name = "bert-tiny") =>
    readTaskConfig(
      fields({ ...config(name) }),
      new ConfigFields(JSON.stringify(tokenizerConfig), "tokenizer_config.json"),
    ).maxLength

  it.each([
    ["none", {}, 128],
    ["a shorter length", { model_max_length: 16 }, 16],
    ["a longer length", { model_max_length: 512 }, 128],
    ["the number that means none", { model_max_length: 1e30 }, 128],
    ["null", { model_max_length: null }, 128],
    ["its old name", { max_len: 32 }, 32],
  ])("model_max_length, %s", (_, tokenizerConfig, maxLength) => {
    expect(maxLengthOf(tokenizerConfig)).toBe(maxLength)
  })

  it("positions before the first token's - count, with a pad_token_id or the family's", () => {
    expect(maxLengthOf({}, "roberta-tiny")).toBe(128)
    expect(readTaskConfig(fields({ ...config("roberta-tiny"), pad_token_id: undefined })).maxLength).toBe(128)
  })

  it.each([
    [{ model_max_length: 1 }, "model_max_length must be a whole number, 2 to 1000000; got 1"],
    [{ model_max_length: -1 }, "model_max_length must be a whole number"],
    [{ model_max_length: "512" }, "model_max_length must be a whole number"],
  ])("refuses %o", (tokenizerConfig, message) => {
    expect(() => maxLengthOf(tokenizerConfig)).toThrow(`tokenizer_config.json: ${message}`)
  })

  it("values that are nested 10,000 deep - are refused by name", () => {
    const deep = `{"id2label": ${"[".repeat(10_000)}${"]".repeat(10_000)}, "max_position_embeddings": 128}`
    expect(() => readTaskConfig(new ConfigFields(deep, "config.json"))).toThrow(
      /^config\.json: id2label must be an object/,
    )
    const list = `{"max_position_embeddings": ${"[".repeat(10_000)}${"]".repeat(10_000)}}`
    expect(() => readTaskConfig(new ConfigFields(list, "config.json"))).toThrow(
      "max_position_embeddings must be a whole",
    )
  })
})
