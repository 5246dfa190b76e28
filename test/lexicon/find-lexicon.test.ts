import { access } from "node:fs/promises"
import { resolve } from "node:path"
import { expect, test } from "vitest"
import { bundledLexicons, findLexicon, isLexicon } from "../../src/lexicon/find-lexicon.ts"

test("isLexicon - a bundled name or a .tsv path, nothing else", () => {
  for (const model of ["mvp", "afinn-111", "mine.tsv", "/a/b/MINE.TSV"]) expect(isLexicon(model)).toBe(true)
  for (const model of ["sentiment-small", "models/mvp", "mine.csv", "tsv", ""]) expect(isLexicon(model)).toBe(false)
})

test("findLexicon - every bundled name leads to a file", async () => {
  for (const name of bundledLexicons) await access(findLexicon(name))
})

test("findLexicon - a path, from the working directory", () => {
  expect(findLexicon("lists/mine.tsv")).toBe(resolve("lists/mine.tsv"))
})

test("findLexicon - option_invalid for a name that means no lexicon", () => {
  expect(() => findLexicon("sentiment-small")).toThrow(
    expect.objectContaining({
      code: "option_invalid",
      message: 'model must be one of mvp, afinn-111 or the path of a .tsv file; got "sentiment-small"',
    }),
  )
})
