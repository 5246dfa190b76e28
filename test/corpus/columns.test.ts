import { describe, expect, it } from "vitest"
import { findTextColumn, requireColumn } from "../../src/corpus/columns.ts"

describe("findTextColumn", () => {
  it("the likeliest name wins, in any case and with spaces around it", () => {
    expect(findTextColumn(["title", " Review ", "id"], undefined)).toBe(" Review ")
    expect(findTextColumn(["review", "TEXT"], undefined)).toBe("TEXT")
  })

  it("lists at most 50 columns where none is found", () => {
    const columns = Array.from({ length: 60 }, (_, index) => `c${index}`)
    expect(() => findTextColumn(columns, undefined)).toThrow(/"c49" and 10 more$/)
  })
})

describe("requireColumn", () => {
  it("as it is written, otherwise in another case", () => {
    expect(requireColumn(["Note", "note"], "column", "note")).toBe("note")
    expect(requireColumn(["Note"], "column", "note")).toBe("Note")
  })
})
