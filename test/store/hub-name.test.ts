import { describe, expect, it } from "vitest"
import { readHubName } from "../../src/store/hub-name.ts"

describe("readHubName", () => {
  it.each([
    ["someone/tiny", { id: "someone/tiny", revision: "main" }],
    ["some-one/t.i_n-y2@v1.0", { id: "some-one/t.i_n-y2", revision: "v1.0" }],
    ["a/b@refs/pr/7", { id: "a/b", revision: "refs/pr/7" }],
  ])("%s", (name, hubName) => {
    expect(readHubName(name)).toEqual(hubName)
  })

  it.each([
    "tiny",
    "./a/b",
    "../b",
    "a/b/c",
    "/a/b",
    "a/..",
    "a/b@",
    "a/b@..",
    "a/b@../c",
    "a/b.onnx",
    "a/b.tsv",
    "a/-b",
    "C:\\a/b",
    "a b/c",
  ])("%s - is none", name => {
    expect(readHubName(name)).toBeUndefined()
  })
})

describe("readHubName, of names from before there were owners", () => {
  it.each([
    [
      "distilbert-base-uncased-finetuned-sst-2-english",
      "distilbert/distilbert-base-uncased-finetuned-sst-2-english",
      "main",
    ],
    ["roberta-large-mnli@v1", "FacebookAI/roberta-large-mnli", "v1"],
  ])("%s", (name, id, revision) => {
    expect(readHubName(name)).toEqual({ id, revision })
  })

  it("bert-base-uncased - labels nothing, and is no name of the hub here", () => {
    expect(readHubName("bert-base-uncased")).toBeUndefined()
  })
})
