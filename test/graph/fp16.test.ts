import { describe, expect, it } from "vitest"
import { buildFp16 } from "../../src/graph/build.ts"
import type { ModelWeights } from "../../src/graph/weights/weights.ts"
import { microBatch } from "../../src/model/micro-batch.ts"
import { InferenceSession } from "../../src/model/runtime/onnx-runtime.ts"
import { runGraph } from "../../src/model/runtime/run-graph.ts"
import { goldenCheckpoint, goldenFolders } from "./checkpoints.ts"

/** A half has 11 significant bits; logits of these models are 1 to 10. */
const TOLERANCE = 0.03

describe.each(goldenFolders)("the fp16 graph of %s", async folder => {
  const { config, weights, golden } = await goldenCheckpoint(folder)
  const session = await InferenceSession.create(buildFp16(config, weights))

  it("gives float32 logits within 0.03 of Hugging Face transformers', text by text and padded", async () => {
    const longest = golden.rows.reduce((a, b) => (b.inputIds.length > a.inputIds.length ? b : a))
    for (const { inputIds, logits } of golden.rows.slice(0, 16)) {
      const alone = await runGraph(session, microBatch([Int32Array.from(inputIds)], config.padId))
      const beside = await runGraph(
        session,
        microBatch(
          [inputIds, longest.inputIds].map(ids => Int32Array.from(ids)),
          config.padId,
        ),
      )
      for (const [label, logit] of logits.entries()) {
        expect(Math.abs((alone[label] ?? NaN) - logit)).toBeLessThan(TOLERANCE)
        expect(Math.abs((beside[label] ?? NaN) - logit)).toBeLessThan(TOLERANCE)
      }
    }
  })
})

describe("buildFp16", async () => {
  const { config, weights, golden } = await goldenCheckpoint("test/golden/distilbert-tiny")

  it("gives finite logits where a residual's squares are more than a half holds", async () => {
    const [first, ...others] = weights.layers
    if (first === undefined) throw new Error("it must have a layer")
    const contract = { ...first.contract, weight: () => first.contract.weight().map(value => 2000 * value) }
    const changed: ModelWeights = { ...weights, layers: [{ ...first, contract }, ...others] }
    const session = await InferenceSession.create(buildFp16(config, changed))
    const logits = await runGraph(session, microBatch([Int32Array.from(golden.rows[0]?.inputIds ?? [])], 0))
    expect([...logits].every(Number.isFinite)).toBe(true)
  })

  it("refuses a weight that a half cannot hold, and names it", () => {
    const preClassifier = { ...weights.preClassifier, weight: () => weights.preClassifier.weight().fill(70_000) }
    expect(() => buildFp16(config, { ...weights, preClassifier })).toThrow(
      "fp16 must hold every weight, 65504 at most; head.preClassifier.weight has 70000",
    )
  })
})
