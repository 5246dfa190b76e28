import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { adaptWeights } from "../../../src/graph/weights/adapt-weights.ts"
import { readSafetensors, type StoredTensor } from "../../../src/graph/weights/safetensors.ts"
import { readConfig } from "../../../src/model/config.ts"

const folder = "test/golden/distilbert-tiny"
const config = readConfig(readFileSync(`${folder}/config.json`, "utf8"), "config.json")
const tensors = readSafetensors(`${folder}/model.safetensors`)

describe("adaptWeights", () => {
  it("turns a linear layer's weight from [outputs, inputs] to [inputs, outputs]", () => {
    const { classifier } = adaptWeights(tensors, config, "it")
    const stored = tensors.get("classifier.weight")?.values() ?? []
    expect(classifier).toMatchObject({ inputs: 32, outputs: 3 })
    expect([...classifier.weight()]).toEqual(
      Array.from({ length: 96 }, (_, i) => stored[(i % 3) * 32 + Math.floor(i / 3)]),
    )
  })

  it("names everything that is missing, misshapen and unexpected, with shapes", () => {
    const other = new Map<string, StoredTensor>(tensors)
    other.delete("pre_classifier.bias")
    other.set("classifier.bias", { shape: [4], dtype: "F32", values: () => new Float32Array(4) })
    other.set("distilbert.pooler.weight", { shape: [32, 32], dtype: "F32", values: () => new Float32Array(1024) })
    expect(() => adaptWeights(other, config, "weights")).toThrow(
      "weights must hold the weights that its config names: pre_classifier.bias [32] is missing; " +
        "classifier.bias must have shape [3], and has [4]; distilbert.pooler.weight [32,32] is unexpected",
    )
  })

  it("takes gain and offset of a norm by their older names, gamma and beta", () => {
    const other = new Map<string, StoredTensor>(tensors)
    const rename = (from: string, to: string) => {
      other.set(
        `distilbert.embeddings.LayerNorm.${to}`,
        tensors.get(`distilbert.embeddings.LayerNorm.${from}`) as StoredTensor,
      )
      other.delete(`distilbert.embeddings.LayerNorm.${from}`)
    }
    rename("weight", "gamma")
    rename("bias", "beta")
    expect(adaptWeights(other, config, "it").embeddingNorm).toEqual(adaptWeights(tensors, config, "it").embeddingNorm)
  })

  it("leaves out what pre-training left behind, and refuses weights that are no floats", () => {
    const stored = (dtype: StoredTensor["dtype"], shape: number[]): StoredTensor => ({
      dtype,
      shape,
      values: () => new Float32Array(shape.reduce((a, b) => a * b)),
    })
    const other = new Map<string, StoredTensor>(tensors)
    other.set("distilbert.embeddings.position_ids", stored("I64", [1, 128]))
    expect(adaptWeights(other, config, "it").layers).toHaveLength(3)
    other.set("classifier.bias", stored("I8", [3]))
    expect(() => adaptWeights(other, config, "it")).toThrow("classifier.bias must be F32, F16 or BF16, and is I8")
  })

  it("names at most 20 problems, and how many more there are", () => {
    expect(() => adaptWeights(new Map(), config, "weights")).toThrow(/ is missing; and 36 more$/)
  })
})
