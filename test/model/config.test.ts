import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { readConfig } from "../../src/model/config.ts"
import { distilbert } from "../../src/model/families/distilbert.ts"
import { roberta } from "../../src/model/families/roberta.ts"

const stored = JSON.parse(readFileSync("models/sentiment-small/config.json", "utf8")) as Record<string, unknown>
const read = (changes: Record<string, unknown>) => readConfig(JSON.stringify({ ...stored, ...changes }), "config.json")

describe("readConfig", () => {
  it("gives architecture and labels", () => {
    expect(read({})).toEqual({
      family: distilbert,
      vocabSize: 30_522,
      maxPositions: 512,
      positionsBefore: 0,
      tokenTypes: 0,
      embeddingSize: 384,
      hiddenSize: 384,
      layers: 6,
      heads: 12,
      ffnSize: 1536,
      activation: "gelu",
      layerNormEps: 1e-12,
      labels: ["NEGATIVE", "POSITIVE"],
      problemType: "single_label_classification",
      padId: 0,
    })
  })

  it("fills in what a checkpoint may leave out", () => {
    expect(read({ problem_type: null, activation: undefined, pad_token_id: null })).toMatchObject({
      problemType: "single_label_classification",
      activation: "gelu",
      padId: 0,
    })
  })

  it.each([
    [
      { architectures: ["BertForMaskedLM"] },
      'architectures must be BertForSequenceClassification, the one head that is supported (it gives labels); got "[\\"BertForMaskedLM\\"]"',
    ],
    [
      { architectures: ["XLMRobertaForTokenClassification"] },
      "architectures must be XLMRobertaForSequenceClassification, the one head",
    ],
    [
      { architectures: ["DebertaV2ForSequenceClassification"] },
      'architectures must be one of those that are supported, DistilBertForSequenceClassification, BertForSequenceClassification, RobertaForSequenceClassification, XLMRobertaForSequenceClassification, CamembertForSequenceClassification, ElectraForSequenceClassification; got "[\\"DebertaV2ForSequenceClassification',
    ],
    [{ architectures: ["LlamaForSequenceClassification"] }, "architectures must be one of those that are supported, "],
    [{ architectures: undefined }, "architectures must be one of those that are supported, "],
    [
      { auto_map: { AutoModelForSequenceClassification: "modeling.Mine" } },
      "auto_map must be absent: it asks for code that comes with the checkpoint, and such code is never run; got",
    ],
    [{ position_embedding_type: "relative_key" }, 'position_embedding_type must be absolute; got "relative_key"'],
    [{ is_decoder: true }, "is_decoder must be false: only models that see a whole text at once"],
    [{ dim: "384" }, 'dim must be a whole number, 1 to 100000; got "384"'],
    [{ n_layers: 2 ** 40 }, "n_layers must be a whole number, 1 to 1000; got 1099511627776"],
    [{ n_layers: 0 }, "n_layers must be a whole number, 1 to 1000; got 0"],
    [{ max_position_embeddings: 1 }, "max_position_embeddings must be a whole number, 2 to 1000000; got 1"],
    [{ vocab_size: undefined }, "vocab_size must be a whole number, 1 to 10000000; got undefined"],
    [{ hidden_dim: 1.5 }, "hidden_dim must be a whole number, 1 to 1000000; got 1.5"],
    [{ n_heads: 7 }, "n_heads must be a divisor of dim, 384; got 7"],
    [{ activation: "tanh" }, 'activation must be one of gelu, relu; got "tanh"'],
    [{ problem_type: "regression" }, "problem_type must be one of single_label_classification"],
    [{ pad_token_id: 30_522 }, "pad_token_id must be below vocab_size, 30522; got 30522"],
    [{ id2label: {} }, "id2label must be an object of label names by id"],
    [{ id2label: { 0: "a", 2: "b" } }, "id2label must be an object of label names by id"],
    [{ id2label: { 0: "a", 1: "a" } }, "id2label must be an object of label names by id"],
    [{ id2label: { 0: "" } }, "id2label must be an object of label names by id"],
  ])("refuses %o", (changes, message) => {
    expect(() => read(changes)).toThrow(`config.json: ${message}`)
  })

  it("RoBERTa - positions begin after padding's, so a text may have fewer tokens than there are positions", () => {
    const config = JSON.parse(readFileSync("test/golden/roberta-tiny/config.json", "utf8")) as object
    expect(readConfig(JSON.stringify(config), "config.json")).toMatchObject({
      family: roberta,
      positionsBefore: 2,
      maxPositions: 128,
      tokenTypes: 1,
      layerNormEps: 1e-5,
      padId: 1,
    })
    expect(() => readConfig(JSON.stringify({ ...config, layer_norm_eps: 0 }), "config.json")).toThrow(
      "config.json: layer_norm_eps must be a number above 0, 1 at most; got 0",
    )
  })

  it.each(["", "[]", "null", "{"])("refuses %j, which is no object", json => {
    expect(() => readConfig(json, "config.json")).toThrow("config.json must hold a JSON object; ")
  })
})
