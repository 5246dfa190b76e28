import { describe, expect, it } from "vitest"
import { buildFp32 } from "../../src/graph/build.ts"
import { copyChannels, outlierCopies } from "../../src/graph/copy-channels.ts"
import { smoothContexts } from "../../src/graph/fold.ts"
import type { ModelWeights } from "../../src/graph/weights.ts"
import { padded } from "../../src/model/micro-batch.ts"
import { InferenceSession } from "../../src/model/onnx-runtime.ts"
import { runGraph } from "../../src/model/run-graph.ts"
import { goldenCheckpoint } from "./checkpoints.ts"

const { config, weights, golden } = await goldenCheckpoint("test/golden/distilbert-tiny")

async function farthestFromGolden(changed: ModelWeights): Promise<number> {
  const session = await InferenceSession.create(buildFp32(config, changed))
  let farthest = 0
  for (const { inputIds, logits } of golden.rows) {
    const got = await runGraph(session, padded([Int32Array.from(inputIds)], 0))
    logits.forEach((logit, label) => {
      farthest = Math.max(farthest, Math.abs(logit - (got[label] ?? NaN)))
    })
  }
  return farthest
}

describe("copyChannels", () => {
  it("gives the same model", async () => {
    const wider = copyChannels(weights, [[3, 3, 60], [], [0]])
    expect(wider.layers.map(({ expand }) => expand.outputs)).toEqual([67, 64, 65])
    expect(await farthestFromGolden(wider)).toBeLessThan(1e-4)
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
