import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { columnsOf, labelledRows, readRecords } from "../../../src/http/page/file/read-rows.js"

describe("readRecords", () => {
  it.each([
    [
      "a,b\n1,2\n",
      [
        ["a", "b"],
        ["1", "2"],
      ],
    ],
    [
      "a,b\r\n1,\r\n,2",
      [
        ["a", "b"],
        ["1", ""],
        ["", "2"],
      ],
    ],
    ["1,", [["1", ""]]],
    ['"a ""b"", c","d\ne"\n', [['a "b", c', "d\ne"]]],
    ['5" disk,x\n', [['5" disk', "x"]]],
    ["a\n\n\r\nb\n", [["a"], ["b"]]],
    ['"never closed, \n', [["never closed, \n"]]],
    ["", []],
  ])("%j", (text, expected) => {
    expect([...readRecords(text, ",")]).toEqual(expected)
  })

  it("any fields that are quoted as they must be - come back", () => {
    const quoted = (field: string) => `"${field.replaceAll('"', '""')}"`
    const records = fc.array(
      fc.array(fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "\r", " ") }), { minLength: 2 }),
    )
    fc.assert(
      fc.property(records, all => {
        const text = all.map(fields => `${fields.map(quoted).join(",")}\n`).join("")
        expect([...readRecords(text, ",")]).toEqual(all)
      }),
    )
  })
})

describe("columnsOf", () => {
  it("a header - names; a number for a column that no name tells from others", () => {
    expect(columnsOf("\tid\ta\ta\n", "tsv")).toEqual([
      { name: "column 1", value: "1" },
      { name: "id", value: "id" },
      { name: "a", value: "3" },
      { name: "a", value: "4" },
    ])
  })

  it("JSON Lines - members, those of objects with dots", () => {
    const lines = '{"id":1,"data":{"text":"a","more":{"deep":{"deeper":1}}},"tags":[{"x":1}]}\nno JSON\n{"other":null}'
    expect(columnsOf(lines, "jsonl").map(({ value }) => value)).toEqual(["id", "data.text", "tags", "other"])
  })

  it("plain text - none", () => {
    expect(columnsOf("a, b", "text")).toEqual([])
  })
})

describe("labelledRows", () => {
  it("CSV - text, label and score, or an error, or nothing", () => {
    const text =
      'id,text,label,valence_label,valence_score,error\n1,"a, b",x,POSITIVE,2,\n2,,y,,,\n,,,,,"row_invalid: bad"\n'
    expect([...labelledRows(text, "csv", "text")]).toEqual([
      { text: "a, b", label: "POSITIVE", score: 2 },
      { text: "" },
      { text: "", error: "row_invalid: bad" },
    ])
    expect([...labelledRows(text, "csv", "3")][0]).toEqual({ text: "x", label: "POSITIVE", score: 2 })
  })

  it("JSON Lines - the same", () => {
    const lines = [
      { data: { text: "a" }, label: 1, valence_label: "NEGATIVE", valence_score: -1 },
      { data: { text: "" }, label: null, score: null },
      { data: 5, label: null, score: null, error: { code: "row_invalid", message: "bad" } },
    ]
    expect([...labelledRows(lines.map(line => JSON.stringify(line)).join("\n"), "jsonl", "data.text")]).toEqual([
      { text: "a", label: "NEGATIVE", score: -1 },
      { text: "" },
      { text: "", error: "row_invalid: bad" },
    ])
  })
})
