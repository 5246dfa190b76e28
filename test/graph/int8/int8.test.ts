import { readFileSync } from "node:fs"
import fc from "fast-check"
import { beforeAll, describe, expect, it } from "vitest"
import { buildInt8 } from "../../../src/graph/build.ts"
import { scalesFile } from "../../../src/graph/build-model.ts"
import { readScales } from "../../../src/graph/int8/scales.ts"
import { contextName } from "../../../src/graph/layers/transformer.ts"
import { readCheckpoint } from "../../../src/graph/weights/checkpoint.ts"
import { microBatch } from "../../../src/model/micro-batch.ts"
import { InferenceSession, type Tensor } from "../../../src/model/runtime/onnx-runtime.ts"
import { feedsOf } from "../../../src/model/runtime/run-graph.ts"
import { watchValues } from "../watch-values.ts"

describe.each(["models/sentiment-small", "models/sentiment3-small"])("the int8 graph of %s", folder => {
  it("has the bytes that the safetensors and the scales give", async () => {
    const { config, weights } = await readCheckpoint(folder)
    const scales = readScales(readFileSync(`${folder}/${scalesFile}`, "utf8"), scalesFile)
    const built = buildInt8(config, weights, scales)
    expect(Buffer.compare(built, readFileSync(`${folder}/model.int8.onnx`))).toBe(0)
  })

  describe("a text alone and in a micro-batch", () => {
    // All else is computed token by token, and what these read is rounded to codes: their last bits seldom show in logits.
    const contexts = [0, 1, 2, 3, 4, 5].map(contextName)
    const dimensions = new Map(contexts.map((value, layer) => [value, layer === contexts.length - 1 ? 2 : 3]))
    let session: InferenceSession
    beforeAll(async () => {
      const graph = watchValues(readFileSync(`${folder}/model.int8.onnx`), dimensions)
      session = await InferenceSession.create(graph, { intraOpNumThreads: 1 })
    })

    const run = (encodings: readonly Int32Array[]) => session.run(feedsOf(session, microBatch(encodings, 0)))

    /** The values that are not what they are alone, of each text by its place in the micro-batch. */
    async function differences(encodings: readonly Int32Array[]): Promise<string[]> {
      const together = await run(encodings)
      const found: string[] = []
      for (const [row, inputIds] of encodings.entries()) {
        const alone = await run([inputIds])
        for (const value of [...contexts, "logits"]) {
          const expected = bytesOf(alone[value] as Tensor, 0)
          const got = bytesOf(together[value] as Tensor, row)
          // Behind a text's own tokens comes its padding.
          if (!got.subarray(0, expected.length).equals(expected)) found.push(`text ${row}: ${value}`)
        }
      }
      return found
    }

    /** What a value has of one row. */
    function bytesOf({ data, dims: [rows = 0] }: Tensor, row: number): Buffer {
      const values = data as Float32Array
      const length = values.length / rows
      return Buffer.from(values.slice(row * length, (row + 1) * length).buffer)
    }

    it("seven tokens beside eight and two, and two beside many - the same logits and contexts to the last bit", async () => {
      const seven = Int32Array.of(101, 7682, 5577, 10669, 3900, 26617, 102)
      const eight = Int32Array.of(101, 2001, 2002, 2003, 2004, 2005, 2006, 102)
      const two = Int32Array.of(101, 102)
      expect(await differences([seven, eight, two])).toEqual([])
      const long = Int32Array.from({ length: 512 }, (_, token) => 1000 + 57 * token)
      expect(await differences([two, long, seven])).toEqual([])
    })

    it("any texts, in any order - the same logits and contexts to the last bit", async () => {
      const text = (maxTokens: number) =>
        fc
          .array(fc.integer({ min: 1000, max: 30_521 }), { maxLength: maxTokens - 1, size: "max" })
          .map(ids => Int32Array.of(101, ...ids))
      const anyLength = fc.oneof(
        { weight: 40, arbitrary: text(24) },
        { weight: 20, arbitrary: text(64) },
        { weight: 1, arbitrary: text(512) },
      )
      const batches = fc.array(anyLength, { minLength: 1, maxLength: 8, size: "max" })
      await fc.assert(
        fc.asyncProperty(batches, async encodings => {
          expect(await differences(encodings)).toEqual([])
        }),
        { numRuns: 100 },
      )
    })
  })
})
