import { describe, expect, it } from "vitest"
import { buildFp32 } from "../../src/graph/build.ts"
import { arrangeChannels, outlierCopies, pairedByReach } from "../../src/graph/int8/arrange-channels.ts"
import { smoothContexts } from "../../src/graph/layers/fold.ts"
import { contextName, hiddenName } from "../../src/graph/layers/transformer.ts"
import type { ModelWeights } from "../../src/graph/weights/weights.ts"
import { microBatch } from "../../src/model/micro-batch.ts"
import { InferenceSession } from "../../src/model/runtime/onnx-runtime.ts"
import { runGraph } from "../../src/model/runtime/run-graph.ts"
import { goldenCheckpoint } from "./checkpoints.ts"

const { config, weights, golden } = await goldenCheckpoint("test/golden/distilbert-tiny")

async function farthestFromGolden(changed: ModelWeights): Promise<number> {
  const session = await InferenceSession.create(buildFp32(config, changed))
  let farthest = 0
  for (const { inputIds, logits } of golden.rows) {
    const got = await runGraph(session, microBatch([Int32Array.from(inputIds)], 0))
    logits.forEach((logit, label) => {
      farthest = Math.max(farthest, Math.abs(logit - (got[label] ?? NaN)))
    })
  }
  return farthest
}

describe("arrangeChannels", () => {
  it("gives the same model with channels in another order, some of them several times", async () => {
    const backwards = Array.from({ length: 64 }, (_, channel) => 63 - channel)
    // Two neighbours of a head change places: the heads of this model have an even number of channels.
    const swapped = Array.from({ length: 32 }, (_, channel) => channel ^ 1)
    const arranged = arrangeChannels(weights, {
      [hiddenName(0)]: [3, ...backwards, 3, 60],
      [hiddenName(2)]: [...backwards, 0],
      [contextName(0)]: swapped,
      [contextName(2)]: swapped,
    })
    expect(arranged.layers.map(({ expand }) => expand.outputs)).toEqual([67, 64, 65])
    expect(await farthestFromGolden(arranged)).toBeLessThan(1e-4)
  })
})

describe("pairedByReach", () => {
  it("puts the channel that reaches farthest before the one that reaches least, and so on", () => {
    expect(pairedByReach([0, 1, 2, 3, 4], [5, 1, 4, 2, 3])).toEqual([0, 1, 2, 3, 4])
    expect(pairedByReach([0, 1, 2, 3], [1, 2, 3, 4])).toEqual([3, 0, 2, 1])
    expect(pairedByReach([7, 7, 8], { length: 9, 7: 2, 8: 3 })).toEqual([8, 7, 7])
  })
})

describe("smoothContexts", () => {
  it("gives the same model", async () => {
    const factors = Array.from({ length: 32 }, (_, channel) => 0.25 + channel / 8)
    expect(await farthestFromGolden(smoothContexts(weights, [factors, undefined, factors]))).toBeLessThan(1e-4)
  })
})

describe("outlierCopies", () => {
  it("gives two copies for each time that a channel reaches as far as the others, filled up to a multiple of 16", () => {
    const high = new Float32Array(400).fill(5)
    high[7] = 20
    high[9] = 7
    expect(outlierCopies(high)).toEqual(Array(16).fill(7))
    high[11] = 10
    expect(outlierCopies(high)).toEqual([...Array(13).fill(7), ...Array(3).fill(11)])
  })

  it("gives none where nothing was seen", () => {
    expect(outlierCopies(new Float32Array(4))).toEqual([])
  })
})
