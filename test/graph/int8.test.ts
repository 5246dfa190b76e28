import { readFileSync } from "node:fs"
import fc from "fast-check"
import { beforeAll, describe, expect, it } from "vitest"
import { buildInt8 } from "../../src/graph/build.ts"
import { scalesFile } from "../../src/graph/build-model.ts"
import { readCheckpoint } from "../../src/graph/checkpoint.ts"
import { readScales } from "../../src/graph/scales.ts"
import { padded } from "../../src/model/micro-batch.ts"
import { InferenceSession } from "../../src/model/onnx-runtime.ts"
import { runGraph } from "../../src/model/run-graph.ts"

const folder = "models/sst2-small"

describe("the int8 graph of sst2-small", () => {
  it("has the bytes that the safetensors and the scales give", async () => {
    const { config, weights } = await readCheckpoint(folder)
    const scales = readScales(readFileSync(`${folder}/${scalesFile}`, "utf8"), scalesFile)
    const built = buildInt8(config, weights, scales)
    expect(Buffer.compare(built, readFileSync(`${folder}/model.int8.onnx`))).toBe(0)
  })

  describe("a text's logits", () => {
    let session: InferenceSession
    beforeAll(async () => {
      session = await InferenceSession.create(`${folder}/model.int8.onnx`, { intraOpNumThreads: 1 })
    })
    const text = (maxTokens: number) =>
      fc
        .array(fc.integer({ min: 1000, max: 30_521 }), { minLength: 0, maxLength: maxTokens - 2 })
        .map(ids => Int32Array.of(101, ...ids, 102))

    it("are bit-identical alone and in any micro-batch, in any order", async () => {
      const anyLength = fc.oneof({ weight: 8, arbitrary: text(40) }, { weight: 1, arbitrary: text(400) })
      const batches = fc.array(anyLength, { minLength: 1, maxLength: 12 })
      await fc.assert(
        fc.asyncProperty(batches, async encodings => {
          const together = await runGraph(session, padded(encodings, 0))
          for (const [row, inputIds] of encodings.entries()) {
            const alone = await runGraph(session, padded([inputIds], 0))
            expect(together.subarray(2 * row, 2 * row + 2)).toEqual(alone)
          }
        }),
        { numRuns: 60 },
      )
    })
  })
})
