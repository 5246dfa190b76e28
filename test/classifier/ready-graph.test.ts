import { copyFileSync, mkdirSync } from "node:fs"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { createClassifier } from "../../src/classifier/classifier.ts"
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

describe("createClassifier, of a ready ONNX file", () => {
  it.each([
    ["model.onnx", {}],
    ["onnx/model.onnx", { more: ["token_type_ids"] }],
    ["onnx/model_quantized.onnx", { type: "int32" }],
  ] as const)("%s of a folder, %o - gives the logits of the checkpoint, in batches too", async (file, how) => {
    write(`tiny/${file}`, how)
    const classifier = await open(folder.at("tiny"))
    expect(classifier.model).toMatchObject({ name: "tiny", dtype: "onnx", labels: config.labels, maxLength: 128 })
    const texts = golden.rows.map(({ text }) => text)
    const results = await classifier.label(texts, { function: "none", topK: "all" })
    await classifier.close()
    results.forEach((result, row) => {
      const logits = config.labels.map(
        label => !result.error && result.scores?.find(score => score.label === label)?.score,
      )
      expect(logits).toEqual(golden.rows[row]?.logits.map(logit => expect.closeTo(logit, 4)))
    })
  })

  it("a file by its path - with the config beside it, or one folder up", async () => {
    const classifier = await open(write("tiny/onnx/any.onnx"))
    expect(classifier.model).toMatchObject({ name: "tiny", dtype: "onnx" })
    await classifier.close()
  })

  it("the length in tokenizer_config.json - counts where it is shorter", async () => {
    folder.write("tiny/tokenizer_config.json", '{"model_max_length": 64}')
    const classifier = await open(write("tiny/model.onnx"))
    expect(classifier.model.maxLength).toBe(64)
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
      /must have one ONNX graph, or name one of those .*model_fp16\.onnx, .*model_q4\.onnx/,
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
