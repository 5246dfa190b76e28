import { cp, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { buildModel, verifyModel } from "../../src/graph/build-model.ts"
import { families } from "../../src/model/families/families.ts"
import { InferenceSession } from "../../src/model/runtime/onnx-runtime.ts"
import { goldenCheckpoint, goldenFolders } from "./checkpoints.ts"

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "valence-family-"))
})
afterEach(() => rm(folder, { recursive: true }))

describe("every family", () => {
  it("has a golden checkpoint", async () => {
    const held = await Promise.all(
      goldenFolders.map(async golden => (await goldenCheckpoint(golden)).config.family.name),
    )
    expect(new Set(held)).toEqual(new Set(families.map(({ name }) => name)))
  })
})

describe.each(goldenFolders.filter(golden => golden.startsWith("test/")))("buildModel of %s", golden => {
  beforeEach(() => cp(golden, folder, { recursive: true }))

  it("int8 - is close to fp32 on the bundled texts, and gives the same bytes again", async () => {
    // Random weights are sure of nothing: some texts are close to the edge.
    const maxFlips = 0.015
    const { agreement, graph } = await buildModel(folder, { maxFlips })
    expect(agreement?.meanDifference).toBeLessThan(0.002)
    const session = await InferenceSession.create(graph)
    expect(session.inputNames).toEqual(["input_ids", "attention_mask"])
    await session.release()
    expect(await verifyModel(folder, { maxFlips })).toEqual({ reproducible: true, cpus: "every", agreement })
  })
})
