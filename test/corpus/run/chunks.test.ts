import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Row } from "../../../src/corpus/rows/row.ts"
import { type Chunk, cutChunks } from "../../../src/corpus/run/chunks.ts"
import { collect } from "../collect.ts"

const row = (line: number, bytes = 10): Row => ({ line, end: line * 10, endLine: line + 1, bytes, problem: "none" })

async function cut(batches: readonly (readonly Row[])[], chunkTexts: number, first = 0): Promise<Chunk[]> {
  async function* rows() {
    yield* batches
  }
  return collect(cutChunks(rows(), "run", first, chunkTexts))
}

describe("cutChunks", () => {
  it("numbers chunks from the first on, and makes ids of the numbers", async () => {
    const chunks = await cut([[row(1), row(2), row(3)]], 2, 7)
    expect(chunks.map(({ id, number, rows, bytes }) => [id, number, rows.length, bytes])).toEqual([
      ["run-7", 7, 2, 20],
      ["run-8", 8, 1, 10],
    ])
  })

  it("a chunk ends at 1 MiB of rows", async () => {
    const chunks = await cut([[row(1, 600_000), row(2, 600_000), row(3)]], 256)
    expect(chunks.map(({ rows }) => rows.length)).toEqual([2, 1])
  })

  it("no rows - no chunks", async () => {
    expect(await cut([[], []], 2)).toEqual([])
  })

  it("cuts the same chunks wherever the batches end", async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 10 })
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 1, max: 20 }), async (sizes, chunkTexts) => {
        let line = 0
        const batches = sizes.map(size => Array.from({ length: size }, () => row(++line, 1 + (line % 5) * 100_000)))
        expect(await cut(batches, chunkTexts)).toEqual(await cut([batches.flat()], chunkTexts))
      }),
    )
  })
})
