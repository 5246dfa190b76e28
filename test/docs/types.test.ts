import { readFileSync } from "node:fs"
import { globSync } from "tinyglobby"
import { expect, it } from "vitest"
import { readFences, userPages } from "./read-pages.ts"
import { typeCheck } from "./type-check.ts"

const nameOf = (page: string) => page.replaceAll(/[/.]/g, "-")

it("the TypeScript of README, docs and examples has no type errors", async () => {
  const snippets = userPages.flatMap(readFences).filter(({ language }) => language === "ts")
  const files = Object.fromEntries([
    ...snippets.map(({ page, line, code }) => [`${nameOf(page)}-${line}.ts`, code]),
    ...globSync("examples/**/*.ts").map(file => [`${nameOf(file)}.ts`, readFileSync(file, "utf8")]),
  ])
  expect(await typeCheck(files)).toBe("")
})

it("a snippet that shows a file has its code", () => {
  const shown = userPages.flatMap(readFences).flatMap(({ notes, code }) => {
    const file = notes.map(note => /^see: (.*)$/.exec(note)?.[1]).find(name => name !== undefined)
    return file === undefined ? [] : [{ file, code }]
  })
  const plain = (code: string) =>
    code
      .replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "")
      .replaceAll(/['"]/g, "'")
      .replaceAll(/\s+/g, " ")
      .trim()
  for (const { file, code } of shown) expect(plain(readFileSync(file, "utf8")), file).toBe(plain(code))
})
