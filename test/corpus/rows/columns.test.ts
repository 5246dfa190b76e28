import { describe, expect, it } from "vitest"
import { columnName, findTexts, headerDoubt, requireColumn, uniqueNames } from "../../../src/corpus/rows/columns.ts"

const found = (names: string[], asked?: string, members: string[] = []) =>
  columnName(
    uniqueNames(names),
    findTexts(names, asked, ({ at, path }) => members.includes([names[at], ...path].join("."))),
  )

describe("findTexts", () => {
  it("the likeliest name wins, in any case and with spaces around it", () => {
    expect(found(["title", " Review ", "id"])).toBe(" Review ")
    expect(found(["review", "TEXT"])).toBe("TEXT")
    expect(found(["Text", "text"])).toBe("text")
  })

  it("lists at most 50 columns if none is found", () => {
    const columns = Array.from({ length: 60 }, (_, index) => `c${index}`)
    expect(() => found(columns)).toThrow(/"c49" and 10 more$/)
  })

  it.each<[string[], string, string, string[]?]>([
    [["a", "b"], "b", "b"],
    [["a", "B"], "b", "B"],
    [["a", "b"], "2", "b"],
    [["1", "2"], "1", "1"],
    [["2", "1"], "1", "1"],
    [["a", "a"], "2", "a_1"],
    [["a", "a"], "a_1", "a_1"],
    [["a", ""], "column_2", "column_2"],
    [["title", "body"], "title,body", "title,body"],
    [["title", "body"], " body , TITLE", "body,title"],
    [["title,body", "title"], "title,body", "title,body"],
    [["review"], "review.text", "review.text", ["review.text"]],
    [["review.text", "review"], "review.text", "review.text"],
    [["a.b"], "a.b.c.d", "a.b.c.d", ["a.b.c.d"]],
    [["review", "title"], "title,review.text", "title,review.text", ["review.text"]],
  ])("%j, %s - %s", (names, asked, expected, members) => {
    expect(found(names, asked, members)).toBe(expected)
  })

  it.each<[string[], string | undefined, RegExp]>([
    [["a", "a"], "a", /^column must name one column, and columns 1 and 2 are named "a": use column 1, its number$/],
    [["Text", "TEXT"], undefined, /columns 1 and 2 are named "text"/],
    [["a", "b"], "3", /^column must be one of the input's columns, "a", "b"; got "3"$/],
    [["title", "body"], "title,boby", /got "boby"; did you mean "body"\?$/],
    [["id;review"], "review", /is ";" the delimiter\? then use delimiter ';'$/],
    [["id\treview"], undefined, /use format tsv$/],
    [["4", "Worst day"], undefined, /"4" looks like data: if the first row is no header, use header false$/],
    [["Report of reviews"], undefined, /use skipLines, their number$/],
    [["review"], "review.txt", /got "review.txt"/],
  ])("%j, %s - option_invalid", (names, asked, message) => {
    expect(() => found(names, asked)).toThrow(expect.objectContaining({ code: "option_invalid" }))
    expect(() => found(names, asked)).toThrow(message)
  })
})

describe("requireColumn", () => {
  it("as it is written, otherwise in another case", () => {
    expect(requireColumn(["Note", "note"], "column", "note")).toBe(1)
    expect(requireColumn(["Note"], "column", "note")).toBe(0)
  })
})

describe("uniqueNames", () => {
  it.each([
    [
      ["a", "b"],
      ["a", "b"],
    ],
    [
      ["v1", "v2", "", " ", "\ufeff"],
      ["v1", "v2", "column_3", "column_4", "column_5"],
    ],
    [
      ["a", "a", "a_1", "a"],
      ["a", "a_2", "a_1", "a_3"],
    ],
    [
      ["column_2", ""],
      ["column_2", "column_2_1"],
    ],
  ])("%j - %j", (names, unique) => expect(uniqueNames(names)).toEqual(unique))
})

describe("headerDoubt", () => {
  it("numbers, dates and sentences look like data", () => {
    expect(headerDoubt(["id", "1467"], ["id"])).toContain('"1467" looks like data')
    expect(headerDoubt(["id", "2024-01-31 10:00"], ["id"])).toContain("looks like data")
    expect(headerDoubt(["id", "I love this place"], ["I love this place"])).toContain("looks like data")
    expect(headerDoubt(["id", "review text", "q1"], ["review text"])).toBe("")
  })
})
