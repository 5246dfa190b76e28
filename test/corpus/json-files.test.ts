import { parquetReadObjects } from "hyparquet"
import { compressors } from "hyparquet-compressors"
import { beforeEach, describe, expect, it } from "vitest"
import { labelCorpus } from "../../src/corpus/label-corpus.ts"
import { labelFiles } from "../../src/corpus/label-files.ts"
import type { CorpusOptions } from "../../src/corpus/options.ts"
import { parseJson } from "../../src/corpus/records/read-json.ts"
import { plainLabeller } from "./plain-labeller.ts"
import { TemporaryFolder } from "./temporary-folder.ts"

let folder: TemporaryFolder
beforeEach(() => {
  folder = new TemporaryFolder()
  return () => folder[Symbol.dispose]()
})

async function label(content: string, options: CorpusOptions = {}, output = "out.jsonl", name = "in.jsonl") {
  const input = folder.write(name, content)
  return labelCorpus({ input, output: folder.at(output), labeller: plainLabeller(), options })
}

describe("readJson", () => {
  it("NaN and infinities outside of strings - null", () => {
    expect(parseJson('{"a":NaN,"b":[-Infinity,Infinity],"c":"NaN \\" Infinity"}')).toEqual({
      a: null,
      b: [null, null],
      c: 'NaN " Infinity',
    })
  })

  it("what is no JSON - undefined, and why", () => {
    let why: unknown
    expect(parseJson('{"a":nan}', error => (why = error))).toBeUndefined()
    expect(why).toBeInstanceOf(SyntaxError)
  })
})

describe("labelCorpus, JSON", () => {
  it("NaN and Infinity - kept as they are", async () => {
    const content = '{"text":"ab","x":NaN}\n{"x":-Infinity,"text":"cd"}\n'
    expect(await label(content)).toMatchObject({ labelled: 2, failed: 0 })
    expect(folder.read("out.jsonl")).toBe(
      '{"text":"ab","x":NaN,"label":"POSITIVE","score":0.52}\n{"x":-Infinity,"text":"cd","label":"POSITIVE","score":0.52}\n',
    )
    await label(content, {}, "out.csv")
    expect(folder.read("out.csv")).toMatch(/^text,x,label,score\nab,NaN,.*\ncd,-Infinity,/)
    await label(content, {}, "out.parquet")
    const bytes = folder.bytes("out.parquet")
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer
    expect(await parquetReadObjects({ file, compressors })).toMatchObject([{ x: NaN }, { x: -Infinity }])
  })

  it("a later row that has a field label - the added fields get the prefix", async () => {
    expect(await label('{"text":"ab"}\n{"text":"cd","label":"x"}\n')).toMatchObject({
      failed: 0,
      added: ["valence_label", "valence_score"],
    })
  })

  const rows = '{"text":"ab","label":null,"n":1.50}'
  it.each([
    ["an array", '[\n  {"text": "ab", "n": 1.50},\r\n  {"text": "a\\n[b"}\n]\n'],
    ["objects over several lines", '{\n  "text": "ab",\n  "n": 1.50\n}\n{"text": "a\\n[b"\n}\n'],
    ["a line", '[{"text":"ab","n":1.50},{"text":"a\\n[b"}]'],
  ])("%s - an object a line, with every digit", async (_, content) => {
    expect(rows).toContain("1.50")
    expect(await label(content, {}, "out.jsonl", "in.json")).toMatchObject({ labelled: 2, failed: 0 })
    const [first, second, ...more] = folder.read("out.jsonl").split("\n")
    expect(more).toEqual([""])
    expect(first).toMatch(/^\{"text": ?"ab", ?"n": ?1\.50,"label":"POSITIVE","score":0\.52\}\r?$/)
    expect(JSON.parse(second as string)).toEqual({ text: "a\n[b", label: "POSITIVE", score: 0.54 })
  })

  it("an array, stopped and started again - the bytes of one go", async () => {
    const content = `[${Array.from({ length: 20 }, (_, row) => `\n {"text": "${"x".repeat(row + 1)}"}`).join(",")}\n]`
    const options = { chunkTexts: 2, maxChunks: 1, checkpointMs: 0, dedup: false } as const
    await label(content, options, "whole.jsonl", "in.json")
    for (let ended = false; !ended; ) {
      const stop = new AbortController()
      let calls = 0
      const labeller = plainLabeller(() => ++calls === 3 && stop.abort())
      const request = { input: folder.at("in.json"), output: folder.at("out.jsonl"), labeller, options }
      ended = !(await labelCorpus({ ...request, signal: stop.signal })).interrupted
    }
    expect(folder.read("out.jsonl")).toBe(folder.read("whole.jsonl"))
  })

  it("an array that is cut off - what is there, and an error", async () => {
    expect(await label('[{"text":"ab"},\n{"text":"cd"', {}, "out.jsonl", "in.json")).toMatchObject({
      labelled: 1,
      failed: 2,
    })
    expect(folder.lines("out.jsonl.errors.jsonl")).toMatchObject([
      { line: 2, row: 2 },
      { line: 2, row: 3 },
    ])
  })

  it("a first line that is damaged - the next lines are read", async () => {
    expect(await label('{"text":"ab\n{"text":"cd"}\n')).toMatchObject({ labelled: 1, failed: 1 })
    expect(await label('{"text":"ab",\n{"text":"cd"}\n', { force: true })).toMatchObject({ labelled: 1, failed: 1 })
  })

  it("reviews.json - reviews.labelled.jsonl beside it; an output in .json is refused", async () => {
    const input = folder.write("reviews.json", '[{"text":"ab"}]')
    await labelCorpus({ input, labeller: plainLabeller() })
    expect(folder.names()).toContain("reviews.labelled.jsonl")
    await expect(label("[]", {}, "out.json")).rejects.toMatchObject({
      message: expect.stringContaining("output must end in .jsonl"),
    })
    await labelFiles({ input: folder.path, output: folder.at("labelled"), labeller: plainLabeller() })
    expect(folder.read("labelled/reviews.jsonl")).toBe('{"text":"ab","label":"POSITIVE","score":0.52}\n')
  })
})
