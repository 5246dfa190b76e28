import { describe, expect, it } from "vitest"
import { buildFp32 } from "../../src/graph/build.ts"
import { readCheckpoint } from "../../src/graph/weights/checkpoint.ts"
import { graphRows } from "../../src/model/graph-rows.ts"
import { TemporaryFolder } from "../corpus/temporary-folder.ts"
import { exportedGraph } from "./exported-graph.ts"

describe("graphRows", () => {
  it("the labels of a graph that was built, and of an export", async () => {
    using folder = new TemporaryFolder()
    const { config, weights } = await readCheckpoint("test/golden/distilbert-multilabel-tiny")
    for (const graph of [buildFp32(config, weights), exportedGraph(config, weights)])
      expect(await graphRows(folder.write("model.onnx", graph))).toBe(4)
  })

  it.each([
    ["nothing", Buffer.alloc(0)],
    ["zeros", Buffer.alloc(1000)],
    ["ones", Buffer.alloc(1000, 255)],
    ["text", Buffer.from("no graph")],
  ])("%s - does not say", async (_, bytes) => {
    using folder = new TemporaryFolder()
    expect(await graphRows(folder.write("model.onnx", bytes))).toBeUndefined()
  })
})
