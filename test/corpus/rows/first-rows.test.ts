import { beforeEach, describe, expect, it } from "vitest"
import { evaluateCorpus } from "../../../src/corpus/evaluate/evaluate.ts"
import { labelCorpus } from "../../../src/corpus/label-corpus.ts"
import type { CorpusOptions } from "../../../src/corpus/options.ts"
import { planRun } from "../../../src/corpus/plan-run.ts"
import { previewCorpus } from "../../../src/corpus/preview.ts"
import { plainLabeller } from "../plain-labeller.ts"
import { TemporaryFolder } from "../temporary-folder.ts"

let folder: TemporaryFolder
let input: string
beforeEach(() => {
  folder = new TemporaryFolder()
  input = folder.write(
    "in.csv",
    `id,text,label\n${Array.from({ length: 30 }, (_, row) => `${row},${"x".repeat(row)},POSITIVE\n`).join("")}`,
  )
  return () => folder[Symbol.dispose]()
})

const run = (options: CorpusOptions, signal?: AbortSignal, labeller = plainLabeller()) =>
  labelCorpus({ input, output: folder.at("out.csv"), labeller, options: { chunkTexts: 4, ...options }, signal })

describe("limit", () => {
  it.each([1, 4, 7, 30, 100])("%i - the first rows, empty ones too, and the run is complete", async limit => {
    expect(await run({ limit })).toMatchObject({ rows: Math.min(30, limit), interrupted: false })
    expect(folder.read("out.csv").trimEnd().split("\n")).toHaveLength(1 + Math.min(30, limit))
    expect(await run({ limit })).toMatchObject({ alreadyDone: true })
  })

  it("stopped and started again - no row more", async () => {
    const stop = new AbortController()
    let calls = 0
    const stopping = plainLabeller(() => ++calls === 2 && stop.abort())
    const options = { limit: 18, maxChunks: 1, checkpointMs: 0, dedup: false }
    expect((await run(options, stop.signal, stopping)).interrupted).toBe(true)
    expect(await run(options)).toMatchObject({ rows: 18, interrupted: false })
  })

  it("another limit - another run; Parquet to Parquet - refused", async () => {
    await run({ limit: 3 })
    await expect(run({ limit: 4 })).rejects.toMatchObject({ code: "run_changed" })
    const parquet = new URL("../parquet/files/pyarrow-snappy.parquet", import.meta.url).pathname
    const request = { input: parquet, labeller: plainLabeller(), options: { limit: 1 } }
    await expect(labelCorpus({ ...request, output: folder.at("out.parquet") })).rejects.toMatchObject({
      code: "option_invalid",
    })
    expect(await labelCorpus({ ...request, output: folder.at("out.jsonl") })).toMatchObject({ rows: 1 })
  })

  it("eval - the first rows alone", async () => {
    expect(await evaluateCorpus({ input, labeller: plainLabeller(), options: { limit: 5 } })).toMatchObject({
      rows: 5,
      compared: 4,
      empty: 1,
      interrupted: false,
    })
  })
})

describe("previewCorpus", () => {
  it("the first rows with what they would get, and no file", async () => {
    folder.write("p.csv", "id,text\n1,ab\n2,\n3\n4,FAIL\n5,abc\n")
    const before = folder.names()
    const preview = await previewCorpus(folder.at("p.csv"), plainLabeller(), { limit: 4, minScore: 0.9 })
    expect(preview).toMatchObject({
      column: "text",
      columns: ["id", "text"],
      rows: [
        { line: 2, text: "ab", label: "UNCERTAIN", score: 0.52 },
        { line: 3, text: "", label: undefined, error: undefined },
        { line: 4, text: undefined, error: { code: "row_invalid" } },
        { line: 5, text: "FAIL", error: { code: "text_failed" } },
      ],
    })
    expect(folder.names()).toEqual(before)
  })

  it("10 rows if no limit is given", async () => {
    expect((await previewCorpus(input, plainLabeller())).rows).toHaveLength(10)
  })
})

describe("planRun", () => {
  it("what would be read and written, and what is there", async () => {
    const plan = () => planRun(input, folder.at("out.csv"))
    expect(await plan()).toMatchObject({ column: "text", firstText: "", format: "csv", found: "nothing" })
    expect(folder.names()).toEqual(["in.csv"])
    folder.write("out.csv", "x")
    expect(await plan()).toMatchObject({ found: "another file" })
    await run({ force: true })
    expect(await plan()).toMatchObject({ found: "complete" })
    await expect(planRun(input, folder.at("in.csv"))).rejects.toMatchObject({ code: "option_invalid" })
  })
})
