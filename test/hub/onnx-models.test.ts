import { existsSync, readdirSync, readFileSync } from "node:fs"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { createClassifier } from "../../src/classifier/classifier.ts"
import { buildModel } from "../../src/graph/build-model.ts"
import { pullModel } from "../../src/hub/pull-model.ts"
import { verifyFiles } from "../../src/hub/verify-files.ts"
import { findCached, repositoryFolder } from "../../src/store/cache.ts"
import { describeModel } from "../../src/store/catalogue.ts"
import { findModel } from "../../src/store/store.ts"
import { TemporaryFolder } from "../corpus/temporary-folder.ts"
import { goldenCheckpoint } from "../graph/checkpoints.ts"
import { exportedGraph } from "../model/exported-graph.ts"
import { vocabularyFiles } from "../model/tokenizer/vocabularies.ts"
import { TestHub, tinyFiles } from "./test-hub.ts"

const id = "someone/exported"
const { config, weights } = await goldenCheckpoint("test/golden/distilbert-tiny")
const graph = Buffer.from(exportedGraph(config, weights))
const { "model.safetensors": _, ...settings } = tinyFiles()
const exported = { ...settings, "onnx/model.onnx": graph, "onnx/model_fp16.onnx": graph, "onnx/model_q4.onnx": graph }

let hub: TestHub
let folder: TemporaryFolder
beforeEach(async () => {
  hub = await TestHub.start()
  folder = new TemporaryFolder()
  vi.stubEnv("HF_ENDPOINT", hub.url)
  vi.stubEnv("HF_HOME", folder.at("home"))
  vi.stubEnv("HF_TOKEN", "")
  vi.stubEnv("VALENCE_CACHE", folder.at("cache"))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await hub[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

describe("pullModel, of a repository with ONNX files alone", () => {
  it("auto - pulls model.onnx, and labels with it", async () => {
    const commit = hub.put(id, { ...exported, "onnx/model.onnx_data": "more weights" })
    await pullModel({ model: id })
    const cache = `${repositoryFolder(id)}/${commit}`
    expect(readdirSync(cache).sort()).toEqual(["hub.json", "onnx", ...Object.keys(settings)].sort())
    expect(readdirSync(`${cache}/onnx`)).toEqual(["model.onnx", "model.onnx_data"])
    expect(await verifyFiles(cache)).toEqual([])
    expect(await describeModel(id)).toMatchObject({ name: id, kind: "cached", dtypes: ["onnx"] })
    const classifier = await createClassifier({ model: id, device: "cpu:1", offline: true })
    expect(classifier.model).toMatchObject({ name: id, dtype: "onnx", labels: ["negative", "neutral", "positive"] })
    expect(await classifier.label(["good"])).toMatchObject([{ label: expect.any(String) }])
    await classifier.close()
  })

  it("another precision - is pulled into the same commit", async () => {
    const commit = hub.put(id, exported)
    await pullModel({ model: id })
    const classifier = await createClassifier({ model: id, dtype: "fp16", device: "cpu:1" })
    await classifier.close()
    const cache = `${repositoryFolder(id)}/${commit}`
    expect(readdirSync(`${cache}/onnx`)).toEqual(["model.onnx", "model_fp16.onnx"])
    expect(await verifyFiles(cache)).toEqual([])
    expect((await findModel(id, "fp16")).graph).toBe(`${cache}/onnx/model_fp16.onnx`)
  })

  it.each(["pulled before", "not pulled before"])(
    "a precision that it has not, %s - is refused by name",
    async when => {
      hub.put(id, exported)
      if (when === "pulled before") await pullModel({ model: id })
      await expect(createClassifier({ model: id, dtype: "int8", device: "cpu:1" })).rejects.toMatchObject({
        code: "model_not_found",
        message: expect.stringMatching(
          /has no int8 ONNX graph; it has onnx\/model\.onnx \(--dtype fp32\), onnx\/model_fp16\.onnx \(--dtype fp16\), onnx\/model_q4\.onnx$/,
        ),
      })
      if (when === "not pulled before") expect(existsSync(folder.at("cache/models/someone"))).toBe(false)
    },
  )

  it("int8 - is model_quantized.onnx", async () => {
    hub.put(id, { ...settings, "onnx/model_quantized.onnx": graph })
    await pullModel({ model: id, dtype: "int8" })
    expect((await findModel(id, "int8")).graph).toMatch(/onnx\/model_quantized\.onnx$/)
  })

  it("an architecture that cannot be built, with safetensors - its ONNX files are pulled", async () => {
    const other = JSON.parse(String(settings["config.json"]))
    const files = {
      ...tinyFiles(),
      "config.json": JSON.stringify({ ...other, architectures: ["DebertaForSequenceClassification"] }),
    }
    hub.put(id, { ...files, "onnx/model.onnx": graph })
    await pullModel({ model: id })
    expect((await findModel(id, "int8", "auto")).dtype).toBe("onnx")
  })

  it("a vocab.txt - is the tokenizer", async () => {
    hub.put(id, { ...exported, "tokenizer.json": "", ...vocabularyFiles("bert-tiny") })
    const classifier = await createClassifier({ model: id, device: "cpu:1" })
    expect(await classifier.label(["a warm, funny film"])).toMatchObject([{ tokens: 7 }])
    await classifier.close()
  })

  it("build - says that there is nothing to build", async () => {
    hub.put(id, exported)
    await pullModel({ model: id })
    await expect(buildModel(id)).rejects.toThrow("It needs no build: its ONNX graph is used as it is")
  })
})

describe("pullModel, refused - nothing is left", () => {
  const files = tinyFiles()
  it.each<[string, Record<string, string | Buffer>, RegExp]>([
    [
      "no weights",
      settings,
      /must have a model\.safetensors, or an ONNX file such as onnx\/model\.onnx; it has config\.json/,
    ],
    [
      "pickles",
      { ...settings, "pytorch_model.bin": Buffer.alloc(10) },
      /pickles such as \.bin can run code, and are never pulled; .* convert them .*: pip install .* python3 -c ".*" someone\/exported \.\/exported$/,
    ],
    [
      "a SentencePiece model",
      {
        ...files,
        "config.json": readFileSync("test/golden/xlm-roberta-tiny/config.json"),
        "tokenizer.json": "",
        "sentencepiece.bpe.model": "x",
      },
      /Save a tokenizer\.json with: pip install .* someone\/exported \.\/exported$/,
    ],
    [
      "a config that is not JSON",
      { ...files, "config.json": "{" },
      /^model someone\/exported: config\.json must hold a JSON object/,
    ],
    [
      "a tokenizer that is none",
      { ...files, "tokenizer.json": "{}" },
      /^model someone\/exported: tokenizer\.json must be a tokenizer\.json/,
    ],
    [
      "weights of another model",
      { ...files, "model.safetensors": readFileSync("test/golden/electra-tiny/model.safetensors") },
      /^model someone\/exported: model\.safetensors must hold the weights/,
    ],
    [
      "weights that are cut off",
      { ...files, "model.safetensors": "short" },
      /model\.safetensors: the file must have 8 bytes of header/,
    ],
    [
      "a header longer than the file",
      { ...files, "model.safetensors": Buffer.alloc(64, 255) },
      /model\.safetensors: the header length must be 2 to 56 bytes; got 18446744073709552000/,
    ],
  ])("%s", async (_, content, message) => {
    // The hub lists no file of no bytes as one that is there.
    hub.put(id, content)
    await expect(pullModel({ model: id })).rejects.toMatchObject({
      code: "model_invalid",
      message: expect.stringMatching(message),
    })
    expect(await findCached({ id, revision: "main" })).toBeUndefined()
    expect(existsSync(folder.at("cache/models/someone"))).toBe(false)
  })
})
