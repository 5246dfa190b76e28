import { describe, expect, it } from "vitest"
import { FewValues, type FieldRules, hasMoreFields } from "../../../src/corpus/records/few-values.ts"
import { readShape } from "../../../src/corpus/records/json-shape.ts"
import { RecordSplitter } from "../../../src/corpus/records/split-records.ts"

const csv: FieldRules = { delimiter: 44, quotes: true, escape: undefined }

describe("hasMoreFields()", () => {
  it.each<[string, FieldRules]>([
    ["a,b,c,d", csv],
    [",,,", csv],
    ['"a,b",c,d,e', csv],
    ['"a"",b",c,d,e', csv],
    ['a"b,c,d,e', csv],
    ['"a\\",b",c,d,e', { ...csv, escape: 92 }],
    ["a\\,b,c,d,e", { delimiter: 44, quotes: false, escape: 92 }],
    ['"a,b,c,d', { ...csv, quotes: false }],
  ])("%s with %j - has four", (row, rules) => {
    expect(hasMoreFields(Buffer.from(row), 3, rules)).toBe(true)
    expect(hasMoreFields(Buffer.from(row), 4, rules)).toBe(false)
  })
})

it("FewValues - rows with too many values have a problem, and their neighbours have none", () => {
  const rules = { delimiter: undefined, maxRowBytes: 1000 }
  const splitter = new FewValues(new RecordSplitter(rules, 0, 1), 3, undefined)
  const { records } = splitter.push(Buffer.from('{"a":1,"b":2}\n{"a":[1,2,3]}\n{"a":"1,2,3,4,5,6"}\n'))
  expect(records.map(({ problem }) => problem)).toEqual([undefined, "has more than 3 values", undefined])
})

/** What comes of an input whose blocks have one byte each. */
async function shapeOf(json: string) {
  async function* bytes() {
    for (const byte of Buffer.from(json.slice(1))) yield Buffer.from([byte])
  }
  const { shape, rest } = await readShape(Buffer.from(json.slice(0, 1)), bytes())
  expect(json.startsWith(rest.toString())).toBe(true)
  return shape
}

describe("readShape(), a byte at a time", () => {
  it.each([
    ["lines", '{"a":1}\n{"a":2}\n'],
    ["lines", ' \n {"a":1}\r\n{"a":2}\n'],
    ["lines", '{"a":1} {"a":2}\n'],
    ["lines", "{\n\n\n"],
    ["lines", "{a\n}\n{}"],
    ["lines", '{"a":1}'],
    ["lines", "a"],
    ["lines", ""],
    ["values", '{\n"a":1\n}\n{\n"a":2\n}'],
    ["values", '{"a":"{\\"",\n"b":2}{"a":1}'],
    ["array", ' \n[{"a":1}]'],
  ])("%s: %j", async (shape, json) => {
    expect(await shapeOf(json)).toBe(shape)
  })
})
