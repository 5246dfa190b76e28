import { copyFileSync, mkdirSync, readFileSync } from "node:fs"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { createClassifier } from "../../src/classifier/classifier.ts"
import { buildModel } from "../../src/graph/build-model.ts"
import { findModel } from "../../src/store/store.ts"
import { TemporaryFolder } from "../corpus/temporary-folder.ts"
import { goldenCheckpoint } from "../graph/checkpoints.ts"
import { type Export, exportedGraph } from "../model/exported-graph.ts"

const tiny = "test/golden/distilbert-tiny"
const { config, weights, golden } = await goldenCheckpoint(tiny)

let folder: TemporaryFolder
beforeEach(() => {
  folder = new TemporaryFolder()
  mkdirSync(folder.at("tiny"))
  for (const file of ["config.json", "tokenizer.json"]) copyFileSync(`${tiny}/${file}`, folder.at(`tiny/${file}`))
})
afterEach(() => folder[Symbol.dispose]())

const write = (file: string, how?: Export) => folder.write(file, exportedGraph(config, weights, how))

const open = (model: string) => createClassifier({ model, device: "cpu:1" })

/** The length that a model takes, and the result of a text that has more tokens than 16. */
async function labelLong(model: string, dtype: "auto" | "fp32" = "auto") {
  const classifier = await createClassifier({ model, dtype, device: "cpu:1" })
  const [result] = await classifier.label(["1 2 3 4 5 6 7 8 9 10 11 12 13 14 15"])
  await classifier.close()
  if (result === undefined || result.error) throw new Error(result?.error.message)
  return { maxLength: classifier.model.maxLength, result }
}

describe("createClassifier, of a ready ONNX file", () => {
  it.each([
    ["model.onnx", {}],
    ["onnx/model.onnx", { more: ["token_type_ids"] }],
    ["onnx/model_quantized.onnx", { type: "int32" }],
  ] as const)("%s of a folder, %o - gives the logits of the checkpoint, in batches too", async (file, how) => {
    write(`tiny/${file}`, how)
    const classifier = await open(folder.at("tiny"))
    expect(classifier.model).toMatchObject({ name: "tiny", dtype: "onnx", labels: config.labels, maxLength: 128 })
    // A blank text has no label.
    const rows = golden.rows.filter(({ text }) => text.trim() !== "")
    const texts = rows.map(({ text }) => text)
    const results = await classifier.label(texts, { scoreFunction: "none", topK: "all" })
    await classifier.close()
    results.forEach((result, row) => {
      const logits = config.labels.map(
        label => !result.error && result.scores?.find(score => score.label === label)?.score,
      )
      expect(logits).toEqual(rows[row]?.logits.map(logit => expect.closeTo(logit, 4)))
    })
  })

  it("a file by its path - with the config beside it, or one folder up", async () => {
    const classifier = await open(write("tiny/onnx/any.onnx"))
    expect(classifier.model).toMatchObject({ name: "tiny", dtype: "onnx" })
    await classifier.close()
  })

  it("model_max_length - counts for a ready graph and for a built one, and truncates both alike", async () => {
    folder.write("tiny/tokenizer_config.json", '{"model_max_length": 16}')
    const ready = await labelLong(write("tiny/model.onnx"))
    copyFileSync(`${tiny}/model.safetensors`, folder.at("tiny/model.safetensors"))
    await buildModel(folder.at("tiny"), { dtype: "fp32" })
    const built = await labelLong(folder.at("tiny"), "fp32")
    expect(ready).toMatchObject({ maxLength: 16, result: { tokens: 16, truncated: true } })
    expect(built).toMatchObject({ maxLength: 16, result: { tokens: 16, truncated: true } })
    expect(built.result).toMatchObject({ score: expect.closeTo(ready.result?.score ?? 0, 5) })
  })

  it("truncation_side left - keeps a text's end", async () => {
    folder.write("tiny/tokenizer_config.json", '{"model_max_length": 16, "truncation_side": "left"}')
    const model = write("tiny/model.onnx")
    const { result } = await labelLong(model)
    folder.write("tiny/tokenizer_config.json", "{}")
    const classifier = await open(model)
    const [end] = await classifier.label(["2 3 4 5 6 7 8 9 10 11 12 13 14 15"])
    await classifier.close()
    expect(end).toMatchObject({ score: result?.score, tokens: 16, truncated: false })
  })

  it.each([
    ["{", "tokenizer_config.json must hold a JSON object; "],
    ['{"model_max_length": "16"}', 'model_max_length must be a whole number, 2 to 1000000; got "16"'],
  ])("a tokenizer_config.json %j - model_invalid, with the file", async (json, message) => {
    folder.write("tiny/tokenizer_config.json", json)
    await expect(open(write("tiny/model.onnx"))).rejects.toMatchObject({
      code: "model_invalid",
      message: expect.stringContaining(message),
    })
  })

  it("no labels in the config - as many as the graph gives", async () => {
    const { id2label: _, label2id: __, ...rest } = JSON.parse(readFileSync(`${tiny}/config.json`, "utf8"))
    folder.write("tiny/config.json", JSON.stringify(rest))
    const classifier = await open(write("tiny/model.onnx"))
    expect(classifier.model.labels).toEqual(["LABEL_0", "LABEL_1", "LABEL_2"])
    await classifier.close()
  })

  it.each<[Export, string]>([
    [
      { more: ["pixel_values"] },
      "its inputs must be some of input_ids, attention_mask, token_type_ids; it has pixel_values",
    ],
    [{ without: "attention_mask" }, "it must have an input called attention_mask; it has none"],
    [{ type: "float32" }, "its input input_ids must be int32 or int64; it is float32"],
    [{ output: "last_hidden_state" }, "it must have a float32 output called logits"],
  ])("%o - model_invalid", async (how, message) => {
    await expect(open(write("tiny/model.onnx", how))).rejects.toMatchObject({
      code: "model_invalid",
      message: expect.stringContaining(message),
    })
  })

  it("several, none of them model.onnx - names them", async () => {
    write("tiny/onnx/model_q4.onnx")
    write("tiny/onnx/model_fp16.onnx")
    await expect(open(folder.at("tiny"))).rejects.toThrow(
      /must have one ONNX graph, or name one of those that it has: onnx\/model_fp16\.onnx \(--dtype fp16\), onnx\/model_q4\.onnx$/,
    )
  })

  it.each([
    ["fp32", "onnx/model.onnx"],
    ["fp16", "onnx/model_fp16.onnx"],
    ["int8", "onnx/model_quantized.onnx"],
  ] as const)("dtype %s - is %s, also by its path", async (dtype, file) => {
    for (const name of ["model", "model_fp16", "model_quantized"]) write(`tiny/onnx/${name}.onnx`)
    expect((await findModel(folder.at("tiny"), dtype)).graph).toBe(folder.at(`tiny/${file}`))
    expect((await findModel(folder.at(`tiny/${file}`), dtype)).graph).toBe(folder.at(`tiny/${file}`))
  })

  it("a dtype that is not there - is refused by name, with those that are", async () => {
    write("tiny/onnx/model.onnx")
    const message = "has no int8 ONNX graph; it has onnx/model.onnx (--dtype fp32)"
    await expect(findModel(folder.at("tiny"), "int8")).rejects.toThrow(message)
    await expect(findModel(folder.at("tiny/onnx/model.onnx"), "int8")).rejects.toMatchObject({
      code: "option_invalid",
      message: expect.stringMatching(/^--dtype must be auto for .*, or fp32; got "int8"$/),
    })
    await expect(findModel(write("tiny/mine.onnx"), "fp32")).rejects.toThrow(
      /^--dtype must be auto for .*; got "fp32"$/,
    )
  })

  it("weights beside it, from which a graph can be built - says how to choose", async () => {
    write("tiny/onnx/model.onnx")
    copyFileSync(`${tiny}/model.safetensors`, folder.at("tiny/model.safetensors"))
    await expect(open(folder.at("tiny"))).rejects.toThrow(
      /\(take what is there by --model .*onnx\/model\.onnx\); build it with: valence models build /,
    )
  })

  it.each([
    ["nowhere.onnx", "model nowhere.onnx must be a file; it is not"],
    ["test/golden/none.onnx", "must be a file"],
  ])("%s - model_not_found", async (model, message) => {
    await expect(open(model)).rejects.toMatchObject({
      code: "model_not_found",
      message: expect.stringContaining(message),
    })
  })
})
