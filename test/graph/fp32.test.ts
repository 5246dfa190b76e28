import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { buildFp32 } from "../../src/graph/build.ts"
import { microBatch } from "../../src/model/micro-batch.ts"
import { InferenceSession } from "../../src/model/runtime/onnx-runtime.ts"
import { runGraph } from "../../src/model/runtime/run-graph.ts"
import { createTokenizer } from "../../src/model/tokenizer/tokenizer.ts"
import { goldenCheckpoint, goldenFolders } from "./checkpoints.ts"

describe.each(goldenFolders)("the fp32 graph of %s", async folder => {
  const { config, weights, golden } = await goldenCheckpoint(folder)
  const session = await InferenceSession.create(buildFp32(config, weights))

  async function logitsOf(encodings: readonly Int32Array[]): Promise<Float32Array[]> {
    const all = await runGraph(session, microBatch(encodings, config.padId))
    const labels = config.labels.length
    return encodings.map((_, row) => all.subarray(row * labels, (row + 1) * labels))
  }

  function farthest(got: readonly Float32Array[], expected: readonly (readonly number[])[]): number {
    return Math.max(
      ...expected.flatMap((logits, row) => logits.map((logit, label) => Math.abs(logit - (got[row]?.[label] ?? NaN)))),
    )
  }

  it("is fed the ids that Hugging Face's tokenizer gives", async () => {
    const tokenizer = await createTokenizer(readFileSync(`${folder}/tokenizer.json`, "utf8"), "tokenizer.json")
    const encodings = await tokenizer.encode(
      golden.rows.map(({ text }) => text),
      golden.maxLength,
    )
    expect(encodings.map(({ inputIds }) => [...inputIds])).toEqual(golden.rows.map(({ inputIds }) => inputIds))
  })

  it("gives logits within 1e-4 of Hugging Face transformers', text by text", async () => {
    const got: Float32Array[] = []
    for (const { inputIds } of golden.rows) got.push(...(await logitsOf([Int32Array.from(inputIds)])))
    expect(
      farthest(
        got,
        golden.rows.map(({ logits }) => logits),
      ),
    ).toBeLessThan(1e-4)
  })

  it("gives the same beside a longer neighbour, padded", async () => {
    const longest = golden.rows.reduce((a, b) => (b.inputIds.length > a.inputIds.length ? b : a))
    for (const row of golden.rows.slice(0, 16)) {
      const got = await logitsOf([Int32Array.from(row.inputIds), Int32Array.from(longest.inputIds)])
      expect(farthest(got, [row.logits, longest.logits])).toBeLessThan(1e-4)
    }
  })
})
