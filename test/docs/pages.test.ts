import { existsSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { allPages, readAnchors, readFences, readLinks, userPages } from "./read-pages.ts"

describe("the pages", () => {
  it.each(allPages)("%s - every relative link leads to a file, and every anchor to a heading", page => {
    const broken = readLinks(page).filter(({ target, anchor }) => {
      if (!existsSync(target)) return true
      return anchor !== "" && target.endsWith(".md") && !readAnchors(target).has(anchor)
    })
    expect(broken).toEqual([])
  })

  it.each(allPages)("%s - every fence names its language", page => {
    expect(readFences(page).filter(({ language }) => language === "")).toEqual([])
  })

  it("the index leads to every page of docs", () => {
    const linked = new Set(readLinks("docs/README.md").map(({ target }) => target))
    const pages = userPages.filter(page => /^docs\/(?!README|performance\/)/.test(page))
    expect(pages.filter(page => !linked.has(page))).toEqual([])
  })
})
