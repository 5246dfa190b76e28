import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { findCheckpoint, findModel, nearestModel } from "../../src/store/store.ts"
import { TemporaryFolder } from "../corpus/temporary-folder.ts"

let folder: TemporaryFolder
beforeEach(() => {
  folder = new TemporaryFolder()
  for (const file of ["mine/first/config.json", "mine/second/config.json", "mine/words.tsv", "mine/notes.txt"])
    folder.write(file, "{}")
  vi.stubEnv("VALENCE_CACHE", folder.at("cache"))
})
afterEach(() => {
  vi.unstubAllEnvs()
  folder[Symbol.dispose]()
})

describe("findCheckpoint, of what is not there", () => {
  it.each([
    ["mine/thrid", "model IN/mine/thrid must be a folder with a checkpoint; there is no IN/mine/thrid (IN/mine holds "],
    ["mine/thrid/", "there is no IN/mine/thrid/ (IN/mine holds first, second, words.tsv)"],
    ["mine/a/b", "there is no IN/mine/a/b (IN/mine holds first, second, words.tsv)"],
    ["yours", "there is no IN/yours (IN holds no model)"],
    ["mine", "model IN/mine must hold a config.json; IN/mine holds first, second, words.tsv"],
    ["mine/notes.txt", "model IN/mine/notes.txt must be a folder, or end with .onnx or .tsv; it is a file"],
  ])("%s - names the path, and the models that are near", async (path, message) => {
    await expect(findCheckpoint(folder.at(path))).rejects.toMatchObject({
      code: "model_not_found",
      message: expect.stringContaining(message.replaceAll("IN", folder.path)),
    })
  })

  it.each([
    ["mine/frist", "(IN/mine holds first, second, words.tsv); did you mean IN/mine/first?"],
    ["mine/word.tsv", "did you mean IN/mine/words.tsv?"],
  ])("%s - names the one that is most like it", async (path, message) => {
    await expect(findCheckpoint(folder.at(path))).rejects.toThrow(message.replaceAll("IN", folder.path))
  })

  it.each([
    ["sentiment-smal", "sentiment-small"],
    ["afin-111", "afinn-111"],
    ["distilbert-base-uncased-finetuned-sst2-english", "distilbert-base-uncased-finetuned-sst-2-english"],
    ["tiny", "someone/tiny"],
    ["someone/tinny", "someone/tiny"],
  ])("%s - did you mean %s?", async (model, meant) => {
    const commit = "0".repeat(40)
    folder.write(
      `cache/models/someone/tiny/${commit}/hub.json`,
      JSON.stringify({ id: "someone/tiny", commit, files: [] }),
    )
    await expect(nearestModel(model)).resolves.toBe(meant)
    if (!model.includes("/")) await expect(findCheckpoint(model)).rejects.toThrow(`; did you mean ${meant}?`)
  })

  it("many models nearby - ten, and how many more", async () => {
    for (let i = 0; i < 12; i++) folder.write(`many/m${i + 10}/config.json`, "{}")
    await expect(findCheckpoint(folder.at("many/no"))).rejects.toThrow(
      "m10, m11, m12, m13, m14, m15, m16, m17, m18, m19 and 2 more)",
    )
  })

  it.each([
    ["./nowhere", "model ./nowhere must be a folder with a checkpoint; there is no ./nowhere (. holds no model)"],
    ["~/nowhere", "there is no ~/nowhere: only a shell reads ~ as your home folder, and none has here"],
    ["nowhere", 'OWNER/NAME on the hub or one of sentiment-small, sentiment3-small; got "nowhere"'],
    ["owner/name", "model owner/name must be pulled first; do so with: valence models pull owner/name"],
    [
      "models/nowhere",
      "there is no models/nowhere (models holds sentiment-small, sentiment3-small); as a name of the hub: model models/nowhere must be pulled first",
    ],
  ])("%s - says what it is taken for", async (model, message) => {
    await expect(findCheckpoint(model)).rejects.toThrow(message)
  })
})

describe("findModel", () => {
  it("a folder without weights that lacks the graph - says that nothing can build it", async () => {
    folder.write("mine/first/model.int8.onnx", "")
    await expect(findModel(folder.at("mine/first"), "fp32")).rejects.toMatchObject({
      code: "model_not_found",
      message: `model ${folder.at("mine/first")} has no fp32 graph (take what is there by --dtype int8), and no model.safetensors to build it from`,
    })
  })
})
