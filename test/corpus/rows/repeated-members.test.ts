import { describe, expect, it } from "vitest"
import { labelCorpus } from "../../../src/corpus/label-corpus.ts"
import { repeatedMember } from "../../../src/corpus/rows/repeated-members.ts"
import { plainLabeller } from "../plain-labeller.ts"
import { TemporaryFolder } from "../temporary-folder.ts"

const repeated = (text: string) => repeatedMember(text, JSON.parse(text))

describe("repeatedMember", () => {
  it.each([
    ['{"text":"a","text":"b"}', "text"],
    ['{"id":1,"text":"a","id":2}', "id"],
    [String.raw`{"text":"a","t\u0065xt":"b"}`, "text"],
    ['{"text":"a","meta":{"a":1,"a":2}}', ""],
    ['{"text":"a","list":[{"a":1},{"b":1,"b":2}]}', ""],
  ])("%s - %j", (text, name) => {
    expect(repeated(text)).toBe(name)
  })

  it.each([
    "{}",
    '{"text":"a: b, \\"c\\": d","id":1}',
    String.raw`{"text":"ends with \\","id":"\\\""}`,
    '{"a":{"a":{"a":[{"a":1},{"a":2}]}},"1":2,"0":3}',
    '{"__proto__":{"a":1},"constructor":null}',
  ])("%s - undefined", text => {
    expect(repeated(text)).toBeUndefined()
  })

  it("objects that are nested very deep - are looked through", () => {
    const deep = `${'{"a":'.repeat(5000)}1${"}".repeat(5000)}`
    expect(repeated(deep)).toBeUndefined()
  })
})

describe("labelCorpus, JSON Lines", () => {
  it("a row that has a field twice - is listed with its name, and the others are labelled", async () => {
    using folder = new TemporaryFolder()
    const content = '{"text":"ab","text":"cd"}\n{"text":"efg"}\n{"text":"h","meta":{"x":1,"x":1}}\n'
    const input = folder.write("in.jsonl", content)
    const run = { input, output: folder.at("out.jsonl"), labeller: plainLabeller() }
    expect(await labelCorpus(run)).toMatchObject({ rows: 3, labelled: 1, failed: 2 })
    expect(folder.lines("out.jsonl.errors.jsonl")).toMatchObject([
      {
        line: 1,
        code: "row_invalid",
        reason: 'has the field "text" twice, and nothing says which of the values counts',
      },
      { line: 3, reason: "an object in it has a member twice, and nothing says which of the values counts" },
    ])
  })
})
